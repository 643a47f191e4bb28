/** A wall clock that runs ahead of the monotonic one by more than this has been asleep, or was set. */
const JUMP = 1000;

/**
 * One time scale out of two clocks: milliseconds that have passed, counting sleep. The monotonic clock drives it; a forward
 * leap of the wall clock is added as time slept, because the monotonic clock stands still in sleep on most systems, and
 * told. A backward step is ignored.
 */
export function createClock({ performance, Date }: Pick<typeof globalThis, 'performance' | 'Date'>, jumped: (why: null) => void): () => number {
  const mono = () => performance.now();
  let slept = 0;
  let ahead = Date.now() - mono();
  return () => {
    const before = ahead;
    ahead = Date.now() - mono();
    if (ahead - before > JUMP) {
      slept += ahead - before;
      jumped(null);
    }
    return mono() + slept;
  };
}
