import type { EventsType } from './events.js';
import type { IIdleTimerProps } from './types.js';

/** What shows activity unless an application says otherwise. Of these, becoming visible and focus make the timer look at the clock, no more. */
export const DEFAULT_EVENTS: EventsType[] = [
  'mousemove',
  'keydown',
  'wheel',
  'DOMMouseScroll',
  'mousewheel',
  'mousedown',
  'touchstart',
  'touchmove',
  'MSPointerDown',
  'MSPointerMove',
  'visibilitychange',
  'focus',
];

export type Settings = ReturnType<typeof settle>;

let warned = false;

/** Fills in the defaults. Throws where the numbers contradict each other. */
export function settle(props: IIdleTimerProps) {
  const {
    timeout = 20 * 60_000,
    promptTimeout = 0,
    promptBeforeIdle = 0,
    element = typeof document === 'object' ? document : null,
    events = DEFAULT_EVENTS,
    immediateEvents = [],
    debounce = 0,
    throttle = 0,
    eventsThrottle = 200,
    startOnMount = true,
    startManually = false,
    stopOnIdle = false,
    timers,
    crossTab = false,
    name = 'idle-timer',
    syncTimers = 0,
    leaderElection = false,
    disabled = false,
  } = props;
  if (!(timeout >= 0 && promptTimeout >= 0 && promptBeforeIdle >= 0)) {
    throw new RangeError('nightlatch: timeout, promptTimeout and promptBeforeIdle are milliseconds, zero or more');
  }
  if (promptTimeout && promptBeforeIdle) {
    throw new TypeError('nightlatch: set promptBeforeIdle or promptTimeout, not both');
  }
  if (promptBeforeIdle && promptBeforeIdle >= timeout) {
    throw new RangeError(`nightlatch: promptBeforeIdle has to be less than timeout (${timeout})`);
  }
  if (debounce && throttle) throw new TypeError('nightlatch: set debounce or throttle, not both');
  if (promptTimeout && !warned) {
    warned = true;
    console.warn('nightlatch: promptTimeout is deprecated, promptBeforeIdle says the same counted from the end');
  }
  return {
    /** From the last activity until idle, the prompt included. */
    total: timeout + promptTimeout,
    prompt: promptTimeout || promptBeforeIdle,
    element,
    events: [...new Set([...events, ...immediateEvents])].join(' '),
    immediateEvents: immediateEvents.join(' '),
    debounce,
    throttle,
    eventsThrottle,
    startOnMount,
    startManually,
    stopOnIdle,
    timers,
    crossTab,
    name,
    syncTimers,
    leaderElection,
    disabled,
  };
}

/** Whether any of these settings changed. */
export const differ = (a: Settings, b: Settings, ...keys: (keyof Settings)[]) => keys.some((key) => a[key] !== b[key]);
