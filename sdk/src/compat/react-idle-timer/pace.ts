import { createAlarm } from './timers.js';

export interface Paced<A extends unknown[]> {
  (...args: A): void;
  /** Forgets a call that is still to come. */
  cancel(): void;
}

/** Passes the first call on and drops those that follow within the time. */
export function throttled<A extends unknown[]>(run: (...args: A) => void, time: number): Paced<A> {
  let last = -Infinity;
  const call = (...args: A) => {
    if (performance.now() - last < time) return;
    last = performance.now();
    run(...args);
  };
  return Object.assign(call, { cancel() {} });
}

/** Passes the last call on, once none has followed for the time. */
export function debounced<A extends unknown[]>(run: (...args: A) => void, time: number): Paced<A> {
  const alarm = createAlarm();
  return Object.assign((...args: A) => alarm.set(time, () => run(...args)), { cancel: alarm.clear });
}

/** Passes the first call on at once and then one per time, the last one never lost. */
export function spread(run: () => void, time: number): Paced<[]> {
  const alarm = createAlarm();
  let again = false;
  const call = () => {
    again = alarm.isSet;
    if (again) return;
    alarm.set(time, () => again && call());
    run();
  };
  return Object.assign(call, { cancel: alarm.clear });
}
