import type { ITimers } from './types.js';

/** The main thread's, as they are now: a test may have replaced them. */
export const mainThread = () => ({ setTimeout, clearTimeout, setInterval, clearInterval }) as unknown as ITimers;

/** What every timer of the page runs on. */
export const timers: ITimers = mainThread();

export function setTimers({ setTimeout, clearTimeout, setInterval, clearInterval }: ITimers): void {
  Object.assign(timers, { setTimeout, clearTimeout, setInterval, clearInterval });
}

/** One call that is still to come, or none. */
export interface Alarm {
  readonly isSet: boolean;
  /** Instead of what was set before. */
  set(delay: number, run: () => void): void;
  clear(): void;
}

export function createAlarm(): Alarm {
  let id: { value: number } | undefined;
  const clear = () => {
    // A browser's own timers refuse to be called as methods of something else, others to be cleared twice.
    const { clearTimeout } = timers;
    if (id) clearTimeout(id.value);
    id = undefined;
  };
  return {
    get isSet() {
      return !!id;
    },
    set(delay, run) {
      clear();
      const { setTimeout } = timers;
      const mine = { value: 0 };
      id = mine;
      mine.value = setTimeout(() => {
        if (id === mine) id = undefined;
        run();
      }, delay);
    },
    clear,
  };
}
