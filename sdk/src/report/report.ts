/** Input that the server has not heard of yet. One report per pause, over all tabs, first and last input included. */
export interface Reports {
  saw(now: number): void;
  /** Another tab reported. */
  heard(now: number): void;
  pending(): boolean;
  due(now: number, quiet: number | null): boolean;
  /** The instant of the input to report; it is no longer pending. */
  take(now: number): number;
  /** The report was lost. */
  giveBack(at: number): void;
  clear(): void;
}

/** At most one report in five seconds, yet several within the time that a short policy allows without input. */
export const pauseFor = (quiet: number | null) =>
  quiet === null ? 5000 : Math.min(5000, Math.max(1000, quiet / 3));

export function createReports(): Reports {
  let input: number | null = null;
  let last = -Infinity;
  return {
    saw(now) {
      input = now;
    },
    heard(now) {
      last = now;
    },
    pending: () => input !== null,
    due: (now, quiet) => input !== null && now - last >= pauseFor(quiet),
    take(now) {
      const at = input ?? now;
      input = null;
      last = now;
      return at;
    },
    giveBack(at) {
      input = Math.max(input ?? at, at);
    },
    clear() {
      input = null;
    },
  };
}
