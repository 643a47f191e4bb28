/** How long somebody was active and idle. Instants and spans are in milliseconds, on one scale. */
export interface Accounting {
  /** Idle from this instant on. */
  idle(at: number): void;
  /** Active again. */
  active(at: number): void;
  /** Counts anew, but for the totals. */
  restart(at: number): void;
  lastIdle(): number | null;
  /** Spans up to `now`, since the last restart. */
  since(now: number): Spans;
  /** Spans up to `now`, since the beginning. */
  total(now: number): Spans;
}

export interface Spans {
  elapsed: number;
  idle: number;
  active: number;
}

export function createAccounting(begun: number): Accounting {
  let restarted = begun;
  let idleSince: number | null = null;
  let lastIdle: number | null = null;
  // Idle spans that are over: all of them, and those before the last restart.
  let over = 0;
  let before = 0;

  const spans = (from: number, without: number, now: number): Spans => {
    const elapsed = Math.max(0, Math.round(now - from));
    const idle = Math.max(0, Math.round(over - without + (idleSince === null ? 0 : now - idleSince)));
    return { elapsed, idle, active: Math.max(0, elapsed - idle) };
  };
  const active = (at: number) => {
    if (idleSince !== null) over += Math.max(0, at - idleSince);
    idleSince = null;
  };
  return {
    idle(at) {
      idleSince = lastIdle = at;
    },
    active,
    restart(at) {
      active(at);
      restarted = at;
      before = over;
    },
    lastIdle: () => lastIdle,
    since: (now) => spans(restarted, before, now),
    total: (now) => spans(begun, 0, now),
  };
}
