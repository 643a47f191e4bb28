/** Which limit a deadline belongs to. */
export type DeadlineKind = 'idle' | 'absolute' | 'disconnected';

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
  subject: string;
  handle: string;
  server_time_ms: number;
}

const reasons = 'none idle absolute user admin disconnected superseded upstream account'.split(' ');

/** The reason, if it is one; text from a message or an answer is never trusted to be. */
export function asReason(value: unknown): Reason | undefined {
  return reasons.includes(value as string) ? (value as Reason) : undefined;
}

const isSpan = (value: unknown) => value === null || Number.isFinite(value);

/** The body, if everything that decides a deadline has the right shape. */
export function asLifetime(value: unknown): Lifetime | undefined {
  const body = value as Lifetime | null;
  return body &&
    ['active', 'warning', 'locked'].includes(body.phase) &&
    isSpan(body.idle_remaining_ms) &&
    isSpan(body.absolute_remaining_ms) &&
    Number.isFinite(body.warn_before_ms)
    ? body
    : undefined;
}
