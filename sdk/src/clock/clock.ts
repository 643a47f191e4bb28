/** A wall clock that runs ahead of the monotonic one by more than this has been asleep, or was set. */
const JUMP = 1000;

export interface Reading {
  /** Milliseconds that have passed, counting sleep; the only time scale the SDK uses. */
  now: number;
  /** The wall clock leapt forward since the last reading: sleep, or somebody set the clock. */
  jumped: boolean;
}

export interface Clock {
  /** Reads and remembers, so that a jump is told once. */
  read(): Reading;
  /** The same `now` without taking the jump away from the next `read`. */
  now(): number;
}

/**
 * One time scale out of two clocks. The monotonic clock drives it; a forward leap of the wall clock is added as time
 * slept, because the monotonic clock stands still in sleep on most systems. A backward step is ignored.
 */
export function createClock(mono: () => number, wall: () => number): Clock {
  let lastMono = mono();
  let lastWall = wall();
  let slept = 0;
  const gap = () => {
    const ahead = wall() - lastWall - (mono() - lastMono);
    return ahead > JUMP ? ahead : 0;
  };
  return {
    read() {
      const leap = gap();
      slept += leap;
      lastMono = mono();
      lastWall = wall();
      return { now: lastMono + slept, jumped: leap > 0 };
    },
    now: () => mono() + slept + gap(),
  };
}
