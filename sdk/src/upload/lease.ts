import { hold, type Hold, type HoldingSession } from '../hold/hold.js';

export interface LeaseOptions {
  /** What for; shown in the audit trail. */
  label?: string;
  /** The longest the session is held, however long it takes, in milliseconds (an hour). */
  max?: number;
  /** How long the session is held after the last progress, in milliseconds (30 seconds). */
  lease?: number;
}

export interface Lease {
  /** Something moved: holds the session for one more lease. Asks the server seldom. */
  progressed(): void;
  /** It is over, in whatever way. */
  end(): void;
}

/** What is done sooner than this needs no hold, in milliseconds. */
const SHORT = 1000;

/**
 * Holds the session while something moves, and only then. A page that vanishes, or an upload that stalls, holds it for one
 * lease at most.
 */
export function createLease(
  nightlatch: HoldingSession,
  { label = 'upload', max = 3_600_000, lease = 30_000 }: LeaseOptions,
): Lease {
  const start = performance.now();
  let next = start + Math.min(SHORT, lease / 3);
  let held: Hold | undefined;
  let work: Promise<unknown> = Promise.resolve();
  let ended = false;

  return {
    progressed() {
      const now = performance.now();
      const forMs = Math.round(Math.min(lease, start + max - now));
      if (ended || now < next || forMs <= 0) return;
      next = now + lease / 3;
      work = work.then(async () => {
        if (ended) return;
        // A hold that has lapsed meanwhile cannot be renewed.
        if (!(await held?.renew(forMs))) held = await hold(nightlatch, { label, forMs });
      });
    },
    end() {
      ended = true;
      void work.then(() => held?.release());
    },
  };
}
