import type { Call, Scope } from '../call/call.js';

/** A bounded lease that keeps the session from idling. */
export interface Hold {
  /** Asks for more time from now on; false if the server refused or could not be reached. */
  renew(forMs: number): Promise<boolean>;
  release(): Promise<void>;
}

export interface HoldRequest {
  /** What for; shown in the audit trail. */
  label: string;
  forMs: number;
}

/** Long enough that a throttled page renews in time, short enough that a closed one does not linger. */
const LEASE = 120_000;
const RENEW = 45_000;

/** Gives nothing if the server refused or could not be reached. */
export async function takeHold(call: Call, { label, forMs }: HoldRequest): Promise<Hold | undefined> {
  const answer = await call('POST', 'hold', { label, for_ms: forMs });
  const id = answer.type === 'ok' && (answer.body as { hold?: unknown } | null)?.hold;
  if (typeof id !== 'string') return undefined;
  const path = `hold/${encodeURIComponent(id)}`;
  return {
    renew: async (ms) => (await call('PUT', path, { for_ms: ms })).type === 'ok',
    release: async () => {
      await call('DELETE', path, undefined, { keepalive: true });
    },
  };
}

/** Holds while `work` is underway, at most `max`. The work goes on whether or not the server grants it. */
export async function holdDuring<T>(
  scope: Scope,
  take: (request: HoldRequest) => Promise<Hold | undefined>,
  work: Promise<T>,
  label: string,
  max: number,
): Promise<T> {
  const end = scope.performance.now() + max;
  const lease = () => Math.round(Math.min(LEASE, end - scope.performance.now()));
  const taken = take({ label, forMs: lease() });
  const timer = scope.setInterval(async () => {
    const hold = await taken;
    if (lease() <= 0 || !hold) scope.clearInterval(timer);
    else void hold.renew(lease());
  }, RENEW);
  try {
    return await work;
  } finally {
    scope.clearInterval(timer);
    void taken.then((hold) => hold?.release());
  }
}
