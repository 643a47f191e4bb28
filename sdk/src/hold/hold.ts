import type { Nightlatch } from '../nightlatch/contract.js';

/** What a hold needs of a `Nightlatch`. */
export type HoldingSession = Pick<Nightlatch, 'request' | 'recheck'>;

/** A bounded lease that keeps the session from idling. */
export interface Hold {
  /** Asks for more time from now on; false if the server refused or could not be reached. */
  renew(forMs: number): Promise<boolean>;
  release(): Promise<void>;
}

export interface HoldRequest {
  /** What for; shown in the audit trail. */
  label: string;
  /** How long from now on, in milliseconds. */
  forMs: number;
}

/** Long enough that a throttled page renews in time, short enough that a closed one does not linger. */
const LEASE = 120_000;
const RENEW = 45_000;
const HOUR = 3_600_000;

/** Keeps the session from idling for a while. Nothing if the server refused or could not be reached. */
export async function hold(nightlatch: HoldingSession, { label, forMs }: HoldRequest): Promise<Hold | undefined> {
  const answer = await nightlatch.request('POST', 'hold', { label, for_ms: forMs });
  const id = answer.type === 'ok' && (answer.body as { hold?: unknown } | null)?.hold;
  if (typeof id !== 'string') return undefined;
  nightlatch.recheck();
  const path = `hold/${encodeURIComponent(id)}`;
  return {
    async renew(ms) {
      const { type } = await nightlatch.request('PUT', path, { for_ms: ms });
      nightlatch.recheck();
      return type === 'ok';
    },
    async release() {
      await nightlatch.request('DELETE', path);
      nightlatch.recheck();
    },
  };
}

/**
 * Keeps the session from idling until the work is done, at most `max` milliseconds. The work goes on whether or not the
 * server grants it, and its result or error is passed on.
 */
export async function withHold<T>(
  nightlatch: HoldingSession,
  work: Promise<T>,
  { label, max = HOUR }: { label: string; max?: number },
): Promise<T> {
  const end = performance.now() + max;
  const lease = () => Math.round(Math.min(LEASE, end - performance.now()));
  const taken = hold(nightlatch, { label, forMs: lease() });
  const timer = setInterval(async () => {
    const held = await taken;
    if (lease() <= 0 || !held) clearInterval(timer);
    else void held.renew(lease());
  }, RENEW);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    void taken.then((held) => held?.release());
  }
}
