import type { Answer, Scope } from '../call/call.js';
import { createClock } from '../clock/clock.js';
import type { Lifetime } from '../lifetime/lifetime.js';
import type { Backend } from '../nightlatch/contract.js';

/** Limits for a page without a server, in milliseconds. */
export interface Limits {
  /** Since the last activity in any tab. */
  idle: number;
  /** How long before the end the person is warned. */
  warnBefore: number;
  /** Since the session began; left out: none. */
  absolute?: number;
  /** What the time is worth in which no tab is open: it counts (the default), or an idle limit is not reached in it. */
  absent?: 'count' | 'pause';
  /** Who is signed in, so that drafts of forms can be told apart. */
  subject?: string;
  /** Sessions of different names know nothing of each other. */
  name?: string;
}

/** What all tabs share. Instants are wall-clock milliseconds. */
interface Session {
  handle: string;
  began: number;
  seen: number;
  heldUntil: number;
  over: boolean;
}

const HELD_AT_MOST = 7_200_000;
const OTHERS_WAIT = 3000;

const ok = (body: unknown): Answer => ({ type: 'ok', body });

/**
 * In place of the server: the same machine with limits of its own, shared over the tabs of this browser, until the
 * application signs out by `onSignOut`. What a script can reach it can change, so this is for convenience; only a server
 * enforces.
 */
export function standalone({ idle, warnBefore, absolute = Infinity, absent = 'count', subject = '', name = '' }: Limits): Backend {
  return (scope) => {
    const key = `nightlatch session ${name}`;
    const keep = createKeeper(scope, key);
    const start = scope.Date.now();
    const passed = createClock(scope, () => {});
    const base = start - passed();
    // A wall clock that is set back changes nothing in this tab.
    const time = () => base + passed();
    let known = '';

    const idleAt = (s: Session) => Math.max(s.seen, Math.min(s.heldUntil, s.seen + HELD_AT_MOST)) + idle;
    const begin = (now: number): Session => ({ handle: `${now}-${Math.random()}`, began: now, seen: now, heldUntil: 0, over: false });

    /** The session as it is now; one begins where there is none. */
    const current = (now: number): Session => {
      const stored = keep.read();
      if (stored && (!stored.over || stored.handle === known)) {
        // A person who comes back to this browser has not been idle, if closing all tabs is not to count.
        const paused = !known && absent === 'pause' && now >= idleAt(stored);
        return paused ? { ...stored, seen: now } : stored;
      }
      return begin(now);
    };

    const bodyOf = (s: Session, now: number): Lifetime => {
      const [byIdle, byAge] = [idleAt(s) - now, s.began + absolute - now];
      return {
        phase: Math.min(byIdle, byAge) <= warnBefore ? 'warning' : 'active',
        deadline_kind: byAge <= byIdle ? 'absolute' : 'idle',
        idle_remaining_ms: Math.max(0, byIdle),
        absolute_remaining_ms: absolute < Infinity ? Math.max(0, byAge) : null,
        warn_before_ms: warnBefore,
        can_extend: byIdle < byAge,
        on_idle: 'sign-out',
        subject,
        handle: s.handle,
        authentication_age_ms: now - s.began,
        server_time_ms: now,
      };
    };

    return async (method, path, body = {}) => {
      const now = time();
      const session = current(now);
      const isNew = known !== session.handle;
      const { age_ms = 0, for_ms = 0 } = body as { age_ms?: number; for_ms?: number };
      if (path === 'sign-out') {
        if (session.over) await othersTurn(scope, key);
        else {
          keep.write({ ...session, over: true });
          void holdTurn(scope, key);
        }
        return session.over ? { type: 'gone', reason: 'user' } : ok(null);
      }
      if (session.over) return { type: 'gone', reason: 'user' };
      known = session.handle;
      if (now >= session.began + absolute || now >= idleAt(session)) {
        // A page that opens too late learns of the session first, so that it can end it.
        if (isNew) return ok(bodyOf(session, now));
        return { type: 'gone', reason: now >= session.began + absolute ? 'absolute' : 'idle' };
      }
      let next = session;
      if (path === 'activity' || path === 'extend') next = { ...session, seen: Math.max(session.seen, now - age_ms) };
      else if (path.startsWith('hold')) {
        next = { ...session, heldUntil: method === 'DELETE' ? Math.min(session.heldUntil, now) : Math.max(session.heldUntil, now + for_ms) };
      }
      keep.write(next);
      return ok(path === 'hold' ? { hold: '1', until_ms: for_ms } : bodyOf(next, now));
    };
  };
}

/** Local storage, or where that is denied the memory of this page. */
function createKeeper(scope: Scope, key: string) {
  let own: Session | undefined;
  return {
    read(): Session | undefined {
      try {
        const stored = JSON.parse(scope.localStorage.getItem(key) ?? 'null') as Session | null;
        return stored && Number.isFinite(stored.seen) && Number.isFinite(stored.began) ? stored : own;
      } catch {
        return own;
      }
    },
    write(session: Session): void {
      own = session;
      try {
        scope.localStorage.setItem(key, JSON.stringify(session));
      } catch {
        // Denied or full.
      }
    },
  };
}

/** The tab that signs out keeps a lock until it is gone, but not for ever. */
const holdTurn = (scope: Scope, key: string) =>
  scope.navigator.locks?.request(key, () => new Promise((resolve) => scope.setTimeout(resolve, OTHERS_WAIT))).catch(() => {});

/** The others wait for it, or they would come back while the application still takes them for signed in. */
const othersTurn = (scope: Scope, key: string) => scope.navigator.locks?.request(key, () => {}).catch(() => {});
