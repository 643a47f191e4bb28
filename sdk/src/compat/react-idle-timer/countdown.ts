import type { Settings } from './settings.js';

/** Where a timer stands. Instants are on the scale of the clock. */
export interface Countdown {
  /** `waiting`: not started. `prompted`: asking whether somebody is there. */
  readonly phase: 'waiting' | 'active' | 'prompted' | 'idle';
  /** The last activity. */
  readonly seen: number | null;
  /** When it is idle. A deadline, because a countdown stands still while the machine sleeps. */
  readonly deadline: number;
  /** What is left, while it is paused. */
  readonly paused: number | null;
}

type Times = Pick<Settings, 'total' | 'prompt'>;

export const waiting: Countdown = { phase: 'waiting', seen: null, deadline: Infinity, paused: null };

export const isRunning = ({ phase, paused }: Countdown) => paused === null && (phase === 'active' || phase === 'prompted');

export const begin = (seen: number, { total }: Times): Countdown => ({
  phase: 'active',
  seen,
  deadline: seen + total,
  paused: null,
});

/** Somebody was there at this instant: what is known of later ones stays. */
export const saw = (c: Countdown, at: number, { total }: Times): Countdown =>
  at > (c.seen ?? -Infinity) ? { ...c, seen: at, deadline: Math.max(c.deadline, at + total) } : c;

/** The phase that this instant asks for. Straight to idle where the prompt was slept through. */
export function phaseAt(c: Countdown, now: number, { prompt }: Times): Countdown['phase'] {
  if (!isRunning(c)) return c.phase;
  if (now >= c.deadline) return 'idle';
  return prompt > 0 && now >= c.deadline - prompt ? 'prompted' : 'active';
}

/** When there is something to do next. */
export const nextAt = ({ phase, deadline }: Countdown, { prompt }: Times) =>
  phase === 'active' && prompt > 0 ? deadline - prompt : deadline;

export const pauseAt = (c: Countdown, now: number, times: Times): Countdown => ({ ...c, paused: remaining(c, now, times) });

export const resumeAt = (c: Countdown, now: number): Countdown => ({
  ...c,
  deadline: now + (c.paused ?? 0),
  paused: null,
});

export function remaining(c: Countdown, now: number, { total }: Times): number {
  if (c.paused !== null) return c.paused;
  if (c.phase === 'waiting') return total;
  return c.phase === 'idle' ? 0 : Math.max(0, Math.floor(c.deadline - now));
}
