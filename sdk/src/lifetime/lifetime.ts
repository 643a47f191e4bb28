/** Which limit a deadline belongs to. */
export type DeadlineKind = 'idle' | 'absolute' | 'disconnected';

/** What happens at the idle limit: the session ends, or the same person has to authenticate again to go on. */
export type OnIdle = 'sign-out' | 'lock';

/** Why a session is over; `none` when there was no session to begin with. */
export type Reason =
  | 'none'
  | 'idle'
  | 'absolute'
  | 'user'
  | 'admin'
  | 'disconnected'
  | 'superseded'
  | 'upstream'
  | 'account';

/** What the server tells about a session. Durations are what remains, in milliseconds; `null` is "no limit". */
export interface Lifetime {
  phase: 'active' | 'warning' | 'locked';
  deadline_kind: DeadlineKind | null;
  idle_remaining_ms: number | null;
  absolute_remaining_ms: number | null;
  warn_before_ms: number;
  can_extend: boolean;
  on_idle: OnIdle;
  subject: string;
  handle: string;
  /** Since signing in, or authenticating again. */
  authentication_age_ms: number;
  /** Where to authenticate again. */
  sign_in_url?: string | null;
  /** The server runs for development: no limit ends this session. Left out anywhere else. */
  development?: true;
  /** On the event stream: every tab is to ask how the session stands. */
  ask?: true;
  /** By the server's clock, in milliseconds since 1970. */
  server_time_ms: number;
}

/** The body, if everything that decides a deadline has the right shape. */
export function asLifetime(value: unknown): Lifetime | false {
  const body = Object(value) as Lifetime;
  const spans = [body.warn_before_ms, body.idle_remaining_ms, body.server_time_ms, body.absolute_remaining_ms];
  // No limit is `null`, which compares as zero does; what is missing is not.
  return spans.every((span) => span! >= 0) && body;
}
