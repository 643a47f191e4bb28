// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIdleTimer, type IdleTimer } from './idle-timer.js';
import { mainThread, setTimers } from './timers.js';
import type { IIdleTimerProps } from './types.js';

const attached: IdleTimer[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  setTimers(mainThread());
});

afterEach(() => {
  for (const timer of attached.splice(0)) timer.detach();
  vi.useRealTimers();
});

/** A timer of one minute, and an element whose events are as real as the test says. */
function page(props: IIdleTimerProps = {}) {
  const listeners = new Map<string, (event: Event) => void>();
  const element = {
    addEventListener: (type: string, listener: (event: Event) => void) => listeners.set(type, listener),
    removeEventListener: (type: string) => listeners.delete(type),
  } as unknown as HTMLElement;
  const told: string[] = [];
  const tell = (name: string) => () => void told.push(name);
  const all: IIdleTimerProps = {
    timeout: 60_000,
    element,
    onPrompt: tell('prompt'),
    onIdle: tell('idle'),
    onActive: tell('active'),
    onAction: tell('action'),
    ...props,
  };
  const timer = createIdleTimer(all);
  timer.attach();
  attached.push(timer);
  return {
    ...timer.api,
    told,
    listeners,
    detach: timer.detach,
    attach: timer.attach,
    update: (more: IIdleTimerProps) => timer.update({ ...all, ...more }),
    fire: (type: string, more: object = {}) => listeners.get(type)?.({ type, isTrusted: true, ...more } as unknown as Event),
    press: () => listeners.get('keydown')?.({ type: 'keydown', isTrusted: true } as unknown as Event),
  };
}

const pass = (ms: number) => vi.advanceTimersByTime(ms);
/** Wall clock on, monotonic clock and timers as they were. */
const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms);

test('Is idle once nobody was there for the time, and active at the next input', () => {
  const { press, told, isIdle } = page();
  pass(59_999);
  expect(isIdle()).toBe(false);
  pass(1);
  expect(isIdle()).toBe(true);
  press();
  expect(isIdle()).toBe(false);
  expect(told).toEqual(['idle', 'action', 'active']);
});

test('Input moves the deadline', () => {
  const { press, told, getRemainingTime } = page();
  for (let i = 0; i < 10; i += 1) {
    pass(50_000);
    press();
    expect(getRemainingTime()).toBe(60_000);
  }
  expect(told).not.toContain('idle');
  pass(60_000);
  expect(told).toContain('idle');
});

test.each([{ promptBeforeIdle: 20_000 }, { timeout: 40_000, promptTimeout: 20_000 }])(
  'Asks before it is idle, and input is not the answer: %o',
  (props) => {
    vi.spyOn(console, 'warn').mockReturnValue();
    const { press, told, isPrompted, activate, getRemainingTime } = page(props);
    expect(getRemainingTime()).toBe(60_000);
    pass(40_000);
    expect([isPrompted(), getRemainingTime()]).toEqual([true, 20_000]);
    pass(1000);
    press();
    expect([isPrompted(), getRemainingTime()]).toEqual([true, 19_000]);
    expect(activate()).toBe(true);
    expect([isPrompted(), getRemainingTime()]).toEqual([false, 60_000]);
    pass(60_000);
    expect(told).toEqual(['prompt', 'action', 'active', 'prompt', 'idle']);
  },
);

test('Tells the presence with every change', () => {
  const presence: object[] = [];
  const { press } = page({ promptBeforeIdle: 20_000, onPresenceChange: (now) => presence.push(now) });
  pass(60_000);
  press();
  expect(presence).toEqual([{ type: 'active', prompted: true }, { type: 'idle' }, { type: 'active', prompted: false }]);
});

test('Events of a script count for nothing', () => {
  const { fire, told, getRemainingTime } = page();
  pass(30_000);
  for (const type of ['keydown', 'mousedown', 'mousemove', 'wheel', 'touchstart']) {
    fire(type, { isTrusted: false, screenX: Math.random() });
  }
  expect([told, getRemainingTime()]).toEqual([[], 30_000]);
});

test('Becoming visible and focus are not activity', () => {
  const { fire, told, getRemainingTime } = page();
  pass(30_000);
  fire('visibilitychange');
  fire('focus');
  window.dispatchEvent(new Event('focus'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect([told, getRemainingTime()]).toEqual([[], 30_000]);
});

test('A pointer counts if it moves on the screen, not if the page moves under it', () => {
  const { fire, getRemainingTime } = page({ eventsThrottle: 0 });
  pass(30_000);
  fire('mousemove', { screenX: 5, screenY: 5 });
  fire('mousemove', { screenX: 5, screenY: 5 });
  expect(getRemainingTime()).toBe(30_000);
  fire('mousemove', { screenX: 5, screenY: 6 });
  expect(getRemainingTime()).toBe(60_000);
});

test('What the application names itself counts if it is real', () => {
  const { fire, told } = page({ events: ['submit'] });
  fire('submit', { isTrusted: false });
  expect(told).toEqual([]);
  fire('submit');
  expect(told).toEqual(['action']);
});

test('Sleep counts: whoever wakes the machine too late finds it idle, without a prompt, and wakes nothing', () => {
  const { press, told, isIdle, getLastIdleTime } = page({ promptBeforeIdle: 20_000 });
  const due = Date.now() + 60_000;
  sleep(3_600_000);
  press();
  expect([told, isIdle()]).toEqual([['idle'], true]);
  expect(getLastIdleTime()!.getTime()).toBe(due);
});

test.each([
  ['visible', () => document.dispatchEvent(new Event('visibilitychange'))],
  ['resumed', () => document.dispatchEvent(new Event('resume'))],
  ['focused', () => window.dispatchEvent(new Event('focus'))],
  ['out of the back/forward cache', () => window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))],
])('Looks at the clock when the page is %s', (_, happen) => {
  const { isIdle } = page();
  window.dispatchEvent(new Event('pagehide'));
  sleep(60_000);
  happen();
  expect(isIdle()).toBe(true);
});

test('Out of the back/forward cache it goes on', () => {
  const { press, isIdle, getRemainingTime } = page();
  window.dispatchEvent(new Event('beforeunload'));
  window.dispatchEvent(new Event('pagehide'));
  pass(30_000);
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  press();
  expect(getRemainingTime()).toBe(60_000);
  pass(60_000);
  expect(isIdle()).toBe(true);
});

test('A wall clock that is set back changes nothing', () => {
  const { isIdle } = page();
  pass(30_000);
  sleep(-3_600_000);
  pass(30_000);
  expect(isIdle()).toBe(true);
});

test('Waits longer than a browser timer can', () => {
  const days = 86_400_000;
  const { isIdle } = page({ timeout: 60 * days });
  pass(59 * days);
  expect(isIdle()).toBe(false);
  pass(days);
  expect(isIdle()).toBe(true);
});

test('Immediate events make idle, or ask, at once, whoever made them', () => {
  const idle = page({ immediateEvents: ['pagehide'] });
  idle.fire('pagehide', { isTrusted: false });
  expect(idle.isIdle()).toBe(true);
  pass(1000);
  idle.fire('pagehide');
  expect(idle.isIdle()).toBe(true);
  const asked = page({ immediateEvents: ['pagehide'], promptBeforeIdle: 20_000 });
  asked.fire('pagehide');
  expect([asked.isPrompted(), asked.getRemainingTime()]).toEqual([true, 20_000]);
});

test('With stopOnIdle only a method starts it again', () => {
  const { press, told, isIdle, listeners, start } = page({ stopOnIdle: true });
  pass(60_000);
  press();
  expect([told, isIdle(), listeners.size]).toEqual([['idle'], true, 0]);
  start();
  press();
  expect([told, isIdle()]).toEqual([['idle', 'action'], false]);
});

test('A callback that starts it again is obeyed', () => {
  const timer = page({ stopOnIdle: true, onIdle: (_, idleTimer) => void idleTimer!.start() });
  pass(60_000);
  expect([timer.isIdle(), timer.getRemainingTime()]).toEqual([false, 60_000]);
});

test('Paused it stands still and listens to nothing', () => {
  const { press, told, pause, resume, getRemainingTime, isIdle } = page();
  pass(20_000);
  expect([pause(), pause()]).toEqual([true, false]);
  pass(600_000);
  press();
  expect([told, getRemainingTime(), isIdle()]).toEqual([[], 40_000, false]);
  expect([resume(), resume()]).toEqual([true, false]);
  pass(39_999);
  expect(isIdle()).toBe(false);
  pass(1);
  expect(isIdle()).toBe(true);
});

test('Paused while it asks, it goes on asking for what was left', () => {
  const { pause, resume, getRemainingTime, isPrompted, isIdle } = page({ promptBeforeIdle: 20_000 });
  pass(45_000);
  pause();
  pass(600_000);
  resume();
  expect([isPrompted(), getRemainingTime()]).toEqual([true, 15_000]);
  pass(15_000);
  expect(isIdle()).toBe(true);
});

test('Started by hand it waits for start(), and for nothing else', () => {
  const { press, told, start, reset, isIdle, getLastActiveTime } = page({ startManually: true });
  press();
  pass(120_000);
  expect([told, isIdle(), getLastActiveTime()]).toEqual([[], false, null]);
  start();
  pass(60_000);
  expect(isIdle()).toBe(true);
  reset();
  pass(120_000);
  expect(isIdle()).toBe(false);
});

test('Not started on mount, the first input starts it', () => {
  const { press, told } = page({ startOnMount: false });
  pass(120_000);
  expect(told).toEqual([]);
  press();
  pass(60_000);
  expect(told).toEqual(['action', 'active', 'idle']);
});

test('Disabled it does nothing, and neither do its methods', () => {
  const timer = page({ disabled: true });
  expect([timer.start(), timer.reset(), timer.activate(), timer.pause(), timer.resume()]).toEqual(Array(5).fill(false));
  pass(120_000);
  timer.press();
  expect([timer.told, timer.getRemainingTime()]).toEqual([[], 60_000]);
  timer.update({ disabled: false });
  pass(60_000);
  expect(timer.told).toEqual(['idle']);
});

test('A running timer that is disabled forgets where it was', () => {
  const timer = page();
  pass(60_000);
  timer.update({ disabled: true });
  expect([timer.isIdle(), timer.getRemainingTime(), timer.listeners.size]).toEqual([false, 60_000, 0]);
});

test('Other times start it anew, and tell if somebody was idle', () => {
  const { update, told, getRemainingTime } = page();
  pass(60_000);
  update({ timeout: 90_000 });
  expect([told, getRemainingTime()]).toEqual([['idle', 'active'], 90_000]);
  pass(30_000);
  update({ timeout: 10_000 });
  expect(told).toEqual(['idle', 'active']);
  pass(10_000);
  expect(told).toEqual(['idle', 'active', 'idle']);
});

test('Started by hand, other times count from the last activity and another element is listened to at once', () => {
  const { update, start, isIdle, getRemainingTime } = page({ startManually: true });
  start();
  pass(30_000);
  update({ startManually: true, timeout: 40_000 });
  expect(getRemainingTime()).toBe(10_000);
  const element = document.createElement('p');
  const heard = vi.spyOn(element, 'addEventListener');
  update({ startManually: true, timeout: 40_000, element });
  expect(heard).toHaveBeenCalled();
  pass(10_000);
  expect(isIdle()).toBe(true);
});

test('The same properties again change nothing', () => {
  const { update, getRemainingTime } = page({ events: ['keydown'] });
  pass(30_000);
  update({ events: ['keydown'] });
  expect(getRemainingTime()).toBe(30_000);
});

test('Tells of input at the pace that was asked for', () => {
  const burst = ({ press, told }: ReturnType<typeof page>) => {
    for (let i = 0; i < 10; i += 1) {
      press();
      pass(100);
    }
    pass(1000);
    return told.length;
  };
  expect(burst(page())).toBe(5);
  expect(burst(page({ eventsThrottle: 0 }))).toBe(10);
  expect(burst(page({ eventsThrottle: 0, throttle: 300 }))).toBe(4);
  expect(burst(page({ eventsThrottle: 0, debounce: 300 }))).toBe(1);
});

test('A debounced action is dropped when it is idle', () => {
  const { press, told } = page({ debounce: 90_000 });
  press();
  pass(200_000);
  expect(told).toEqual(['idle']);
});

test('Taken off the page nothing stays behind, and back on it goes on where it was', () => {
  const { detach, attach, listeners, told, getRemainingTime } = page();
  pass(20_000);
  for (let i = 0; i < 200; i += 1) {
    detach();
    expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
    attach();
  }
  expect([getRemainingTime(), vi.getTimerCount()]).toEqual([40_000, 1]);
  detach();
  pass(60_000);
  expect(told).toEqual([]);
  attach();
  expect(told).toEqual(['idle']);
});

test('Knows how long somebody was active and idle', () => {
  const timer = page();
  const both = () => [timer.getActiveTime(), timer.getIdleTime(), timer.getTotalActiveTime(), timer.getTotalIdleTime()];
  pass(90_000);
  expect(both()).toEqual([60_000, 30_000, 60_000, 30_000]);
  timer.press();
  pass(10_000);
  expect(both()).toEqual([70_000, 30_000, 70_000, 30_000]);
  timer.reset();
  pass(5000);
  expect(both()).toEqual([5000, 0, 75_000, 30_000]);
  expect([timer.getElapsedTime(), timer.getTotalElapsedTime()]).toEqual([5000, 105_000]);
});
