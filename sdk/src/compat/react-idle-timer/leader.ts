import type { Scope } from '../../call/call.js';

const BEAT = 2000;
/** Two beats missed and some time to be late: the leader is frozen. */
const STALE = 5000;

export interface Leader {
  /** To be called often: beats while leading, takes over from a leader that fell silent. */
  tick(now: number): void;
  /** Somebody else's beat. */
  heard(now: number): void;
  stop(): void;
}

/**
 * One tab keeps the event stream for all. It saves requests and decides nothing, so that two leaders for a moment, or
 * none, do no harm. Where there are no locks, or no channel to hear the leader by, every tab leads itself.
 */
export function createLeader(
  scope: Scope,
  name: string,
  { beat, lead }: { beat(): void; lead(leading: boolean): void },
): Leader {
  const { locks } = scope.navigator;
  let leading = false;
  let stopped = false;
  let last: number | null = null;
  let waiting = new AbortController();
  let release = () => {};

  const setLeading = (value: boolean) => {
    if (leading !== value) lead((leading = value));
  };
  const queue = (steal: boolean) => {
    waiting.abort();
    waiting = new AbortController();
    const mine = waiting;
    locks
      .request(name, steal ? { steal } : { signal: mine.signal }, () =>
        stopped || mine !== waiting
          ? undefined
          : new Promise<void>((resolve) => {
              release = resolve;
              setLeading(true);
            }),
      )
      .catch(() => {
        // Stolen from us: we were too slow to beat. Wait in line again. (Or aborted, and `mine` is history.)
        if (stopped || mine !== waiting) return;
        setLeading(false);
        last = null;
        queue(false);
      });
  };

  const alone = !locks;
  if (alone) setLeading(true);
  else queue(false);

  return {
    tick(now) {
      if (alone) return;
      last ??= now;
      if (leading && now - last >= BEAT) {
        last = now;
        beat();
      } else if (!leading && now - last >= STALE) {
        last = now;
        queue(true);
      }
    },
    heard(now) {
      if (!leading) last = now;
    },
    stop() {
      stopped = true;
      waiting.abort();
      release();
      setLeading(false);
    },
  };
}
