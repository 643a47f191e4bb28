import type { DeadlineKind, Lifetime, OnIdle, Reason } from '../lifetime/lifetime.js';

export type Phase = 'unknown' | 'active' | 'warning' | 'locked' | 'ended';

/**
 * Why the page is hidden: the server is being asked, cannot be reached, has locked the session, somebody has to
 * authenticate again, or it is over.
 */
export type Cover = 'checking' | 'offline' | 'locked' | 'step-up' | 'leaving';

/** What there is to show. */
export interface State {
  /** `unknown` until the server has answered, and on a server that renders the page. */
  readonly phase: Phase;
  /** Which limit comes first. */
  readonly kind: DeadlineKind | null;
  /** What happens at the idle limit. */
  readonly onIdle: OnIdle | null;
  /** Whether "stay signed in" can be offered. */
  readonly canExtend: boolean;
  /** Why the page must be hidden, if it must. */
  readonly cover: Cover | null;
  /** The last question got no answer; it is being repeated. */
  readonly trouble: boolean;
  /** "Stay signed in" was chosen and the server has not confirmed it yet. */
  readonly extending: boolean;
  /** Why the session is over, once it is. */
  readonly reason: Reason | null;
  /** Who is signed in. */
  readonly subject: string | null;
  /** Where to authenticate again, in a new tab, while the page is locked or waits for it. */
  readonly signInUrl: string | null;
}

/** Everything a tab knows. Instants are milliseconds on the scale of its clock; `Infinity` is never. */
export interface Model extends State {
  /** The earliest limit. */
  deadline: number;
  warnAt: number;
  /**
   * The pause between reports of input: five seconds, yet several within the time that a short policy allows without
   * input.
   */
  reportEvery: number;
  /** The server is to be asked now. */
  ask: boolean;
  /** No question before this, after one was lost. */
  retryAt: number;
  tries: number;
  toldAt: number;
  /**
   * Somebody claimed that it is over, for this reason or an unknown one (empty): only an answer of the server lifts the
   * cover, whatever the clock says.
   */
  doubt: Reason | '' | null;
  handle: string | null;
  /** What hides the page while nothing is in doubt and nothing is locked. */
  rest: 'step-up' | null;
  /** The server knows another person here now. */
  replaced: boolean;
}

/** Warns this much early rather than asking twice, and shows no hidden page again for less. */
const SLACK = 250;
const REPORT_EVERY = 5000;

export const unseen: State = {
  phase: 'unknown',
  kind: null,
  onIdle: null,
  canExtend: false,
  cover: null,
  trouble: false,
  extending: false,
  reason: null,
  subject: null,
  signInUrl: null,
};

export const initial: Model = {
  ...unseen,
  deadline: Infinity,
  warnAt: Infinity,
  reportEvery: REPORT_EVERY,
  ask: true,
  retryAt: 0,
  tries: 0,
  toldAt: 0,
  doubt: null,
  handle: null,
  rest: null,
  replaced: false,
};

/** The same for a page that nobody may see before the server has answered. */
export const uncertain: Model = { ...initial, cover: 'checking', doubt: '' };

// Each function below is one thing that can happen, and gives the next model. They are pure: no clock, no timer, no
// window; what the machine wants is in `ask`, `cover` and `phase`.

/** Nothing brings an ended session back, and nothing keeps somebody who leaves. */
export const isFinal = (m: Model) => m.phase === 'ended' || m.cover === 'leaving';

/** What hides the page when nothing is in doubt. */
const coverOf = (m: Model): Cover | null => (m.phase === 'locked' ? 'locked' : m.rest);

/** The page is hidden until there is an answer. */
const waits = (m: Model) => !!m.cover && m.cover !== coverOf(m);

/** Something may have changed: the server is asked. */
export const looked = (m: Model): Model => (isFinal(m) ? m : { ...m, ask: true });

/** Something makes what the page knows doubtful: it is hidden first, then the server is asked. */
export const doubted = (m: Model, doubt: Model['doubt']): Model =>
  isFinal(m) || m.phase === 'unknown'
    ? looked(m)
    : { ...m, cover: 'checking', doubt: doubt ?? m.doubt, ask: true, retryAt: 0 };

/** The application hides the page, or shows it again. */
export function resting(m: Model, rest: Model['rest']): Model {
  const next = { ...m, rest };
  return { ...next, cover: waits(m) ? m.cover : coverOf(next) };
}

/** Time has passed. */
export function ticked(m: Model, now: number): Model {
  const waiting = waits(m);
  if (m.phase === 'ended') return m;
  if (now >= m.deadline && !waiting) return doubted(m, null);
  const open = waiting || m.trouble || m.extending || (m.phase === 'active' && now >= m.warnAt);
  return open && now >= m.retryAt ? { ...m, ask: true } : m;
}

/** The server said how the session stands, in answer to a question that left at `sent`. */
export function told(m: Model, body: Lifetime, sent: number, now: number): Model {
  if (isFinal(m) || sent < m.toldAt) return m;
  const idle = body.idle_remaining_ms ?? Infinity;
  const warnBefore = body.warn_before_ms;
  // Counted from when the question left: sleep on the way cannot lengthen anything, and the next one arrives on time.
  const deadline = sent + Math.min(idle, body.absolute_remaining_ms ?? Infinity);
  const warnAt = warnBefore ? deadline - warnBefore : Infinity;
  const warns = now + SLACK >= warnAt;
  const next: Model = {
    ...m,
    phase: body.phase === 'locked' ? 'locked' : warns ? 'warning' : 'active',
    kind: body.deadline_kind,
    onIdle: body.on_idle,
    canExtend: body.can_extend,
    trouble: false,
    extending: m.extending && warns,
    subject: body.subject,
    signInUrl: body.sign_in_url ?? null,
    deadline,
    warnAt,
    reportEvery: Math.min(REPORT_EVERY, Math.max(1000, (idle - warnBefore) / 3)),
    ask: false,
    retryAt: 0,
    tries: 0,
    toldAt: sent,
    doubt: null,
    handle: body.handle,
  };
  // What the page shows belongs to somebody else.
  if (m.handle && m.subject !== body.subject) return { ...ended(next, 'superseded'), replaced: true };
  return { ...next, cover: now + SLACK >= deadline ? 'checking' : coverOf(next) };
}

/** The same unasked. A page that waits for an answer waits for the one to its own question. */
export const pushed = (m: Model, body: Lifetime, now: number): Model => (waits(m) ? m : told(m, body, now, now));

/** The session is over. A page that never saw it live is not thrown around. */
export const ended = (m: Model, reason: Reason): Model => ({
  ...m,
  phase: 'ended',
  cover: m.handle || m.cover ? 'leaving' : null,
  trouble: false,
  extending: false,
  reason,
  ask: false,
});

/**
 * The server refused, for this reason. A cookie may be on its way after authenticating in another tab, so the first refusal
 * out of the blue makes the page hide and ask again.
 */
export const refused = (m: Model, reason: Reason | 'locked', now: number): Model =>
  reason === 'locked' || (reason === 'none' && m.handle && m.doubt === null && now < m.deadline)
    ? { ...doubted(m, ''), ask: false, retryAt: now + 1000 }
    : ended(m, reason === 'none' ? m.doubt || (now >= m.deadline && m.kind) || reason : reason);

/** The question got no answer, or none that says anything. */
export function lost(m: Model, now: number): Model {
  const hidden = now >= m.deadline || m.doubt !== null;
  return {
    ...m,
    phase: m.phase === 'active' && !hidden && now >= m.warnAt ? 'warning' : m.phase,
    cover: m.cover === 'leaving' ? m.cover : hidden ? 'offline' : coverOf(m),
    trouble: true,
    ask: false,
    // Somebody who waits for an answer has not much time.
    retryAt: now + Math.min(m.phase === 'warning' ? 1000 : 30_000, 500 * 2 ** m.tries),
    tries: m.tries + 1,
  };
}

/** "Stay signed in" was chosen. */
export const extending = (m: Model): Model => ({ ...m, extending: true, ask: false });

/** "Sign out" was chosen. Hidden from now on; the server has yet to agree. */
export const leaving = (m: Model): Model => (isFinal(m) ? m : { ...m, cover: 'leaving', ask: true });
