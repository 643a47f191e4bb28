import type { DeadlineKind, Lifetime, Reason } from '../lifetime/lifetime.js';

export type Phase = 'unknown' | 'active' | 'warning' | 'locked' | 'ended';

/** Why the page is hidden: the server is being asked, cannot be reached, has locked the session, or it is over. */
export type Cover = 'checking' | 'offline' | 'locked' | 'leaving';

export interface Model {
  phase: Phase;
  kind: DeadlineKind | null;
  canExtend: boolean;
  cover: Cover | null;
  /** The last question got no answer; it is being repeated. */
  trouble: boolean;
  reason: Reason | null;
  /** The earliest limit, on the scale of the clock. */
  deadline: number | null;
  warnAt: number | null;
  /** How long the session may go without activity before it warns, as last told. */
  quiet: number | null;
  /** The server is to be asked now. */
  ask: boolean;
  /** No question before this, after one was lost. */
  retryAt: number;
  tries: number;
  toldAt: number;
  serverTime: number;
  coveredAt: number;
  /** Only an answer of the server lifts the cover, whatever the clock says. */
  strict: boolean;
  /** What somebody claimed about the end, until the server confirms or denies it. */
  hint: Reason | null;
  subject: string | null;
  handle: string | null;
  /** The server knows another person here now. */
  replaced: boolean;
}

export type Step =
  | { type: 'tick'; jumped?: boolean }
  /** An answer to a question that was sent at `sent`. */
  | { type: 'told'; body: Lifetime; sent: number }
  /** The same, unasked. */
  | { type: 'pushed'; body: Lifetime }
  | { type: 'gone'; reason: Reason | 'locked' }
  | { type: 'lost' }
  /** Somebody says that the session is over. */
  | { type: 'hint'; reason: Reason }
  /** Somebody says that something changed. */
  | { type: 'look' }
  /** The page is back from the back/forward cache. */
  | { type: 'restored' }
  | { type: 'online' }
  /** The user chose to sign out. */
  | { type: 'leaving' };

/** Warns this much early rather than asking twice. */
const SLACK = 250;
const SERVER_CLOCKS = 2000;

export const initial: Model = {
  phase: 'unknown',
  kind: null,
  canExtend: false,
  cover: null,
  trouble: false,
  reason: null,
  deadline: null,
  warnAt: null,
  quiet: null,
  ask: true,
  retryAt: 0,
  tries: 0,
  toldAt: -Infinity,
  serverTime: 0,
  coveredAt: -Infinity,
  strict: false,
  hint: null,
  subject: null,
  handle: null,
  replaced: false,
};

export const isDue = (m: Model, now: number) => m.deadline !== null && now >= m.deadline;

const shouldWarn = (m: Model, now: number) => m.warnAt !== null && now >= m.warnAt;

const covered = (m: Model, now: number, strict: boolean): Model =>
  m.phase === 'unknown' || m.cover === 'leaving'
    ? { ...m, ask: true }
    : { ...m, cover: 'checking', coveredAt: now, strict: m.strict || strict, ask: true, retryAt: 0 };

/** The next model. Pure: no clock, no timer, no window; what it wants is in `ask`, `cover` and `phase`. */
export function step(m: Model, e: Step, now: number): Model {
  if (m.phase === 'ended') return m;
  switch (e.type) {
    case 'tick':
      return tick(m, !!e.jumped, now);
    case 'told':
      return e.sent < m.toldAt ? { ...m, ask: false } : told(m, e.body, e.sent, now);
    case 'pushed':
      // What was underway while the machine slept is late, and a cover waits for the answer to its own question.
      return e.body.server_time_ms < m.serverTime - SERVER_CLOCKS || (m.cover && m.cover !== 'locked')
        ? m
        : told(m, e.body, now, now);
    case 'gone':
      return gone(m, e.reason, now);
    case 'lost':
      return lost(m, now);
    case 'hint':
      return m.phase === 'unknown' ? m : { ...covered(m, now, true), hint: e.reason };
    case 'look':
      return m.cover === 'leaving' ? m : { ...m, ask: true };
    case 'restored':
      return covered(m, now, true);
    case 'online':
      return m.trouble ? { ...m, ask: m.cover !== 'leaving', retryAt: 0 } : m;
    case 'leaving':
      return { ...m, cover: 'leaving', ask: false };
  }
}

function tick(m: Model, jumped: boolean, now: number): Model {
  if (m.cover === 'leaving') return m;
  const due = isDue(m, now);
  if (jumped || (due && (!m.cover || m.cover === 'locked'))) return covered(m, now, false);
  const open = due || m.trouble || (m.cover && m.cover !== 'locked') || (m.phase === 'active' && shouldWarn(m, now));
  return { ...m, ask: m.ask || (!!open && now >= m.retryAt) };
}

function told(m: Model, body: Lifetime, sent: number, now: number): Model {
  // Counted from when the question left: sleep on the way cannot lengthen anything, and the next one arrives on time.
  const left = Math.min(body.idle_remaining_ms ?? Infinity, body.absolute_remaining_ms ?? Infinity);
  const deadline = left < Infinity ? sent + left : null;
  const warnAt = deadline !== null && body.warn_before_ms > 0 ? deadline - body.warn_before_ms : null;
  const locked = body.phase === 'locked';
  const next: Model = {
    ...m,
    phase: locked ? 'locked' : warnAt !== null && now + SLACK >= warnAt ? 'warning' : 'active',
    kind: body.deadline_kind,
    canExtend: body.can_extend,
    trouble: false,
    deadline,
    warnAt,
    quiet: body.idle_remaining_ms === null ? null : body.idle_remaining_ms - body.warn_before_ms,
    ask: false,
    retryAt: 0,
    tries: 0,
    toldAt: sent,
    serverTime: body.server_time_ms,
    subject: body.subject,
    handle: body.handle,
  };
  if (m.subject !== null && m.subject !== body.subject) {
    // What the page shows belongs to somebody else.
    return { ...next, phase: 'ended', reason: 'superseded', cover: 'leaving', replaced: true };
  }
  if (m.cover === 'leaving') return { ...next, cover: m.cover };
  if (m.cover && sent < m.coveredAt) return { ...next, cover: m.cover, ask: true };
  if (isDue(next, now)) return { ...next, cover: 'checking', coveredAt: now };
  return { ...next, cover: locked ? 'locked' : null, strict: false, hint: null };
}

function gone(m: Model, reason: Reason | 'locked', now: number): Model {
  if (reason === 'locked') return { ...covered(m, now, true), retryAt: now + 1000 };
  const ran = isDue(m, now) ? m.kind : null;
  return {
    ...m,
    phase: 'ended',
    // A page that never saw a live session is not thrown around.
    cover: m.phase === 'unknown' ? null : 'leaving',
    reason: reason === 'none' ? (m.hint ?? ran ?? 'none') : reason,
    ask: false,
    trouble: false,
  };
}

function lost(m: Model, now: number): Model {
  const hidden = isDue(m, now) || m.strict;
  return {
    ...m,
    phase: m.phase === 'active' && !hidden && shouldWarn(m, now) ? 'warning' : m.phase,
    cover: m.cover === 'leaving' ? m.cover : hidden ? 'offline' : m.phase === 'locked' ? 'locked' : null,
    trouble: true,
    ask: false,
    tries: m.tries + 1,
    // Somebody who waits for an answer has not much time.
    retryAt: now + Math.min(m.phase === 'warning' ? 1000 : 30_000, 500 * 2 ** m.tries),
  };
}
