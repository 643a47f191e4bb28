import type { Gone } from '../call/call.js';
import type { DeadlineKind, Lifetime, OnIdle, Reason } from '../lifetime/lifetime.js';

export type Phase = 'unknown' | 'active' | 'warning' | 'locked' | 'ended';

/**
 * Why the page is hidden: the server is being asked, cannot be reached, has locked the session, somebody has to
 * authenticate again, or it is over: the page is being left, or cannot be (`signed-out`).
 */
export type Cover = 'checking' | 'offline' | 'locked' | 'step-up' | 'leaving' | 'signed-out';

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
  /** When it was over, in milliseconds since 1970, as far as the server told. */
  readonly endedAt: number | null;
  /** Who is signed in. */
  readonly subject: string | null;
  /** Where to authenticate again. */
  readonly signInUrl: string | null;
  /** The server runs for development, where no limit ends a session. */
  readonly development: boolean;
}

/** Everything a tab knows. Instants are milliseconds on the scale of its clock, but one; `Infinity` is never. */
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
  asks: boolean;
  /** No question before this, after one was lost. */
  retryAt: number;
  /** The last one between questions that were lost. */
  pause: number;
  /** When the question left, or the push, by which the page knows what it knows. */
  toldAt: number;
  /** The same instant by the server's clock; infinite before the first answer. */
  serverAt: number;
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

/**
 * Warns this much early rather than asking twice, or twice as much late where no answer comes, and shows no hidden page again
 * for less.
 */
const SLACK = 250;
/** How long the warning waits for the server to hear of input, in whatever tab. */
const PATIENCE = 2000;
/** A push that was on its way for longer may shorten what is left and not lengthen it. */
const FRESH = 1000;
const REPORT_EVERY = 5000;
/** Half of the first pause after a question was lost. */
const PAUSE = 250;

export const unseen: State = {
  phase: 'unknown',
  kind: null,
  onIdle: null,
  canExtend: false,
  cover: null,
  trouble: false,
  extending: false,
  reason: null,
  endedAt: null,
  subject: null,
  signInUrl: null,
  development: false,
};

export const initial: Model = {
  ...unseen,
  deadline: Infinity,
  warnAt: Infinity,
  reportEvery: Infinity,
  asks: true,
  retryAt: 0,
  pause: PAUSE,
  toldAt: 0,
  serverAt: Infinity,
  doubt: null,
  handle: null,
  rest: null,
  replaced: false,
};

/** The same for a page that nobody may see before the server has answered. */
export const uncertain: Model = { ...initial, cover: 'checking', doubt: '' };

// Each function below is one thing that can happen, and gives the next model. They are pure: no clock, no timer, no
// window; what the machine wants is in `asks`, `cover` and `phase`.

/** Nothing brings an ended session back, and nothing keeps somebody who leaves. */
export const isFinal = (m: Model) => m.phase === 'ended' || m.cover === 'leaving';

/** What hides the page when nothing is in doubt. */
const coverOf = (m: Model): Cover | null => (m.phase === 'locked' ? 'locked' : m.rest);

/** The page is hidden until there is an answer. */
const waits = (m: Model) => m.cover && m.cover !== coverOf(m);

/** Something may have changed: the server is asked. */
export const looked = (m: Model): Model => (isFinal(m) ? m : { ...m, asks: true });

/**
 * Something makes what the page knows doubtful: it is hidden first, then the server is asked. A reason that was told before
 * is not forgotten for a doubt without one.
 */
export const doubted = (m: Model, doubt: Model['doubt']): Model =>
  isFinal(m) || m.phase === 'unknown'
    ? looked(m)
    : { ...m, cover: 'checking', doubt: doubt || (m.doubt ?? doubt), asks: true, retryAt: 0 };

/** The application hides the page, or shows it again. */
export const resting = (m: Model, rest: Model['rest']): Model => ({
  ...m,
  rest,
  cover: waits(m) ? m.cover : coverOf({ ...m, rest }),
});

/**
 * Time has passed. The server is asked just before the warning is due, so that activity in another tab is heard of. Without
 * an answer the warning comes all the same, since the page knows its deadline: at once where the server cannot be reached, else
 * soon, or somewhat later where input was `reported` after what the page knows.
 */
export function ticked(m: Model, now: number, reported: number): Model {
  const waiting = waits(m);
  if (m.phase === 'ended') return m;
  if (now >= m.deadline && !waiting) return doubted(m, null);
  const due = m.phase === 'active' && !waiting && now + SLACK >= m.warnAt;
  if (due && now >= m.warnAt + (m.trouble ? 0 : reported > m.toldAt ? PATIENCE : SLACK * 2))
    return { ...m, phase: 'warning', asks: true, retryAt: 0 };
  return (waiting || m.trouble || m.extending || due) && now >= m.retryAt ? { ...m, asks: true } : m;
}

/**
 * The server said how the session stands, in answer to a question that left at `sent`. If input was `reported` later, the answer
 * may not know of it, and its warning waits for the next one. Its deadline counts at once.
 */
export function told(m: Model, body: Lifetime, sent: number, now: number, reported: number): Model {
  if (isFinal(m) || sent < m.toldAt) return m;
  const idle = body.idle_remaining_ms ?? Infinity;
  const warnBefore = body.warn_before_ms;
  // Counted from when the question left: sleep on the way cannot lengthen anything, and the next one arrives on time.
  const deadline = sent + Math.min(idle, body.absolute_remaining_ms ?? Infinity);
  const warnAt = warnBefore ? deadline - warnBefore : Infinity;
  const warns = now >= warnAt + (m.phase === 'active' && !m.cover && reported > sent ? PATIENCE : -SLACK);
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
    development: !!body.development,
    deadline,
    warnAt,
    reportEvery: Math.min(REPORT_EVERY, Math.max(1000, (idle - warnBefore) / 3)),
    asks: false,
    retryAt: 0,
    pause: PAUSE,
    toldAt: sent,
    serverAt: body.server_time_ms,
    doubt: null,
    handle: body.handle,
  };
  // What the page shows belongs to somebody else.
  if (m.handle && m.subject !== body.subject) return { ...ended(next, 'superseded'), replaced: true };
  return { ...next, cover: now + SLACK >= deadline ? 'checking' : coverOf(next) };
}

/**
 * The same unasked. It counts from when the server sent it: it may have waited in the socket while the page slept. By the
 * answer before, whose question left at `toldAt`, the server's clock then showed `serverAt` or less, so that no push is
 * taken for younger than it is, and none counts before such an answer. A page that waits for an answer waits for the one to its
 * own question.
 */
export function pushed(m: Model, body: Lifetime, now: number, reported: number): Model {
  if (waits(m)) return m;
  // A server clock that was set forward makes a push from the future of one from now.
  const sent = Math.min(now, m.toldAt + body.server_time_ms - m.serverAt);
  const next = told(m, body, sent, now, reported);
  return next.deadline > m.deadline && now - sent > FRESH ? looked(m) : next;
}

/** The session is over. A page that never saw it live is not thrown around. */
export const ended = (m: Model, reason: Reason): Model => ({
  ...m,
  phase: 'ended',
  cover: m.handle || m.cover ? 'leaving' : null,
  trouble: false,
  extending: false,
  reason,
  asks: false,
});

/**
 * The server refused, for this reason. A cookie may be on its way after authenticating in another tab, so the first refusal
 * out of the blue makes the page hide and ask again.
 */
export const refused = (m: Model, { reason, ended_at, sign_in_url }: Gone, now: number): Model =>
  reason === 'locked' || (reason === 'none' && m.handle && m.doubt === null && now < m.deadline)
    ? { ...doubted(m, ''), asks: false, retryAt: now + 1000 }
    : {
        ...ended(m, (reason === 'none' && (m.doubt || (now >= m.deadline && m.kind))) || reason),
        endedAt: ended_at ?? null,
        signInUrl: sign_in_url ?? m.signInUrl,
      };

/** The question got no answer, or none that says anything. */
export function lost(m: Model, now: number): Model {
  const hidden = now >= m.deadline || m.doubt !== null;
  // Somebody who waits for an answer has not much time.
  const pause = Math.min(m.phase === 'warning' ? 1000 : 30_000, m.pause * 2);
  return {
    ...m,
    cover: isFinal(m) ? m.cover : hidden ? 'offline' : coverOf(m),
    trouble: true,
    asks: false,
    retryAt: now + pause,
    pause,
  };
}

/** "Stay signed in" was chosen. */
export const extending = (m: Model): Model => ({ ...m, extending: true, asks: false });

/** "Sign out" was chosen. Hidden from now on; the server has yet to agree. */
export const leaving = (m: Model): Model => (isFinal(m) ? m : { ...m, cover: 'leaving', asks: true });
