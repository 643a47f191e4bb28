import { createClock } from '../../clock/clock.js';
import { createAccounting } from './accounting.js';
import { begin, isRunning, nextAt, pauseAt, phaseAt, remaining, resumeAt, saw, waiting } from './countdown.js';
import { createInput } from './input.js';
import { gate, listen, watchPage } from './listening.js';
import { debounced, throttled, type Paced } from './pace.js';
import { differ, settle } from './settings.js';
import { isActivity, openTabs, type Action, type Tabs } from './tabs.js';
import { createAlarm, setTimers } from './timers.js';
import type { Callbacks, IIdleTimer, IIdleTimerProps } from './types.js';

/** The longest delay that browsers take; a longer one is waited for in parts. */
const LONGEST = 2 ** 31 - 1;

export interface IdleTimer {
  /** What an application sees; always the same object. */
  readonly api: IIdleTimer;
  /** Takes other properties. Throws where they contradict each other. */
  update(props: IIdleTimerProps): void;
  /** On the page, from the first time on running unless the settings say otherwise. */
  attach(): void;
  /** Off the page, with nothing left behind. */
  detach(): void;
  /** The component that is wrapped, whose methods go before the properties. */
  override(own: Callbacks): void;
}

/** One timer, without a framework. Touches nothing until it is attached or started. */
export function createIdleTimer(first: IIdleTimerProps): IdleTimer {
  const clock = createClock(globalThis, () => {});
  const accounting = createAccounting(clock());
  const isInput = createInput();
  const alarm = createAlarm();
  const page = typeof window === 'object';

  let callbacks: Callbacks = { ...first };
  let overriding: Callbacks = {};
  let settings = settle(first);
  let countdown = waiting;
  let attached = false;
  let begun = false;
  let interrupted = false;
  let unwatch = () => {};
  let unlisten: (() => void) | undefined;
  let tabs: Tabs | undefined;
  let lastActive = false;
  let act = paceAction();
  let heard = gate(input, settings);

  const told = <K extends keyof Callbacks>(name: K) =>
    (overriding[name]?.bind(overriding) ?? callbacks[name]) as Callbacks[K];

  function paceAction(): Paced<[Event]> {
    const { debounce, throttle } = settings;
    const call = (event: Event) => told('onAction')?.(event, api);
    return debounce ? debounced(call, debounce) : throttled(call, throttle);
  }

  // Listening.

  function hear() {
    if (!page || unlisten) return;
    unlisten = listen(settings, (event) => {
      const now = clock();
      // What makes idle sooner needs no proof.
      if (isImmediate(event) || isInput(event, now)) heard(event);
      else check(now);
    });
  }

  const isImmediate = ({ type }: Event) => settings.immediateEvents.split(' ').includes(type);

  function deafen() {
    unlisten?.();
    unlisten = undefined;
  }

  function input(event: Event) {
    const now = clock();
    const { phase } = countdown;
    // Input after the time was up is too late, however late that is noticed.
    if (check(now) !== phase) return;
    act(event);
    if (phase === 'prompted') return;
    if (isImmediate(event)) {
      if (phase === 'idle') return;
      countdown = { ...begin(now, settings), deadline: now + settings.prompt };
      check(now, event);
      return;
    }
    countdown = phase === 'active' ? saw(countdown, now, settings) : begin(now, settings);
    lastActive = true;
    tabs?.share();
    if (phase !== 'active') enter('active', now, event, phase === 'idle');
  }

  // Time.

  function arm() {
    alarm.clear();
    if (!page || !isRunning(countdown)) return;
    const now = clock();
    const delay = Math.min(LONGEST, Math.ceil(Math.max(0, nextAt(countdown, settings) - now)));
    // Timers may fire a fraction early; what they were set to has passed then.
    alarm.set(delay, () => check(Math.max(clock(), now + delay)));
  }

  /** Makes the phase what the time says. Activity since then only moves the deadline: it is looked at when it was due. */
  function check(now: number, event?: Event) {
    if (!isRunning(countdown)) return countdown.phase;
    if (now >= nextAt(countdown, settings) && tabs) countdown = saw(countdown, now - tabs.age(), settings);
    const phase = phaseAt(countdown, now, settings);
    if (phase !== countdown.phase) enter(phase, phase === 'idle' ? Math.min(now, countdown.deadline) : now, event, true);
    else if (!alarm.isSet) arm();
    return countdown.phase;
  }

  function enter(phase: 'waiting' | 'active' | 'prompted' | 'idle', at: number, event: Event | undefined, changed: boolean) {
    countdown = { ...countdown, phase };
    if (phase === 'idle') {
      accounting.idle(at);
      act.cancel();
      if (settings.stopOnIdle) deafen();
    } else {
      accounting.active(at);
    }
    arm();
    if (phase === 'idle') told('onIdle')?.(event, api);
    else if (phase === 'prompted') told('onPrompt')?.(event, api);
    else told('onActive')?.(event, api);
    if (changed) {
      told('onPresenceChange')?.(phase === 'idle' ? { type: phase } : { type: 'active', prompted: phase === 'prompted' }, api);
    }
  }

  // What an application does, or another tab did at that instant.

  function run(action: Action, at: number, remote: boolean): boolean {
    const { paused, phase } = countdown;
    if (settings.disabled) return false;
    if (action === 'pause' ? paused !== null : action === 'resume' && paused === null) return false;
    if (action === 'active' && (!unlisten || phase === 'waiting')) return false;
    if (isActivity(action) || action === 'open') lastActive = !remote;
    if (!remote) tabs?.send(action);
    else if (action === 'open') return true;
    if (action === 'pause') {
      countdown = pauseAt(countdown, at, settings);
      deafen();
      alarm.clear();
    } else if (action === 'resume') {
      countdown = phase === 'waiting' ? { ...countdown, paused: null } : resumeAt(countdown, at);
      hear();
      arm();
    } else if (action === 'active') {
      if (phase === 'idle') {
        countdown = begin(at, settings);
        enter('active', at, undefined, true);
      } else {
        countdown = saw(countdown, at, settings);
        check(clock());
      }
    } else {
      accounting.active(at);
      if (action === 'reset' || action === 'activate') accounting.restart(at);
      countdown = action === 'reset' && settings.startManually ? waiting : begin(at, settings);
      hear();
      if (action === 'activate' && (phase === 'idle' || phase === 'prompted')) enter('active', at, undefined, true);
      else arm();
    }
    return true;
  }

  const local = (action: Action) => () => run(action, clock(), false);

  // The page.

  function join() {
    tabs?.close();
    tabs = settings.crossTab
      ? openTabs(settings, {
          act: (action, age) => void run(action, clock() - age, true),
          message: (data) => told('onMessage')?.(data, api),
        })
      : undefined;
  }

  function stop() {
    deafen();
    act.cancel();
    countdown = waiting;
    arm();
  }

  function setUp() {
    begun = true;
    const { disabled, startManually, startOnMount } = settings;
    if (disabled || startManually) return;
    if (!startOnMount) return hear();
    const wasIdle = countdown.phase === 'idle';
    run('open', clock(), false);
    if (wasIdle) enter('active', clock(), undefined, true);
  }

  function update(next: IIdleTimerProps) {
    const last = settings;
    settings = settle(next);
    callbacks = { ...next };
    if (settings.timers && settings.timers !== last.timers) setTimers(settings.timers);
    if (differ(last, settings, 'eventsThrottle')) heard = gate(input, settings);
    if (differ(last, settings, 'debounce', 'throttle')) {
      act.cancel();
      act = paceAction();
    }
    if (!attached) return;
    if (differ(last, settings, 'crossTab', 'name', 'syncTimers', 'leaderElection')) join();
    if (differ(last, settings, 'disabled', 'startManually', 'startOnMount')) {
      if (settings.disabled || settings.startManually || !settings.startOnMount) stop();
      setUp();
    } else if (differ(last, settings, 'total', 'prompt', 'element', 'events', 'immediateEvents')) {
      adapt();
    }
  }

  /** Other times, or something else to listen to. */
  function adapt() {
    const listening = !!unlisten;
    deafen();
    if (listening) hear();
    if (!settings.startManually && settings.startOnMount) setUp();
    else if (isRunning(countdown) && countdown.seen !== null) {
      countdown = { ...countdown, deadline: countdown.seen + settings.total };
      arm();
    }
  }

  function attach() {
    if (attached || !page) return;
    attached = true;
    if (settings.timers) setTimers(settings.timers);
    unwatch = watchPage(
      () => check(clock()),
      () => {
        join();
        check(clock());
      },
      () => tabs?.close(),
    );
    join();
    if (!begun) setUp();
    else {
      if (interrupted) hear();
      check(clock());
    }
  }

  function detach() {
    attached = false;
    unwatch();
    interrupted = !!unlisten;
    deafen();
    act.cancel();
    tabs?.close();
    tabs = undefined;
    alarm.clear();
  }

  const date = (at: number | null) => (at === null ? null : new Date(Date.now() - (clock() - at)));

  const api: IIdleTimer = {
    start: local('start'),
    reset: local('reset'),
    activate: local('activate'),
    pause: local('pause'),
    resume: local('resume'),
    message(data, emitOnSelf) {
      if (emitOnSelf) told('onMessage')?.(data, api);
      return tabs ? tabs.message(data) : true;
    },
    isIdle: () => countdown.phase === 'idle',
    isPrompted: () => countdown.phase === 'prompted',
    isLeader() {
      if (tabs && !settings.leaderElection) throw new Error('nightlatch: isLeader() needs the property leaderElection');
      return tabs ? tabs.leads : null;
    },
    isLastActiveTab: () => (tabs ? lastActive : null),
    getTabId: () => tabs?.id ?? null,
    getRemainingTime: () => remaining(countdown, clock(), settings),
    getElapsedTime: () => accounting.since(clock()).elapsed,
    getTotalElapsedTime: () => accounting.total(clock()).elapsed,
    getLastIdleTime: () => date(accounting.lastIdle()),
    getLastActiveTime: () => date(countdown.seen),
    getIdleTime: () => accounting.since(clock()).idle,
    getTotalIdleTime: () => accounting.total(clock()).idle,
    getActiveTime: () => accounting.since(clock()).active,
    getTotalActiveTime: () => accounting.total(clock()).active,
  };
  return { api, update, attach, detach, override: (own) => void (overriding = own) };
}
