// What the server says about this session, told to a listener whenever it is asked anew.
// Every two seconds, and at once where the SDK notices something. Asking is not activity.

const EVERY = 2000;
const AT_MOST_EVERY = 1000;
const GATHER = 100;

/**
 * Calls `listener` with {phase, kind, idle, absolute, warnBefore, reason, at}: `idle` and `absolute` are what remained
 * at `at` on the `performance.now()` clock, null for no limit. The phase is one of the server's, "ended" or "unreachable".
 */
export function watchSession(prefix, listener) {
  let timer;
  let asking = false;
  let again = false;
  let ended = false;
  let asked = -Infinity;

  async function ask() {
    clearTimeout(timer);
    if (asking || ended) return;
    asking = true;
    again = false;
    asked = performance.now();
    const session = await read(prefix);
    asking = false;
    ended = session.phase === "ended";
    listener(session);
    if (again) askSoon();
    else if (!ended) timer = setTimeout(ask, EVERY);
  }

  /** News come in bursts; one question answers a burst. */
  function askSoon() {
    again = true;
    if (asking || ended) return;
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(GATHER, asked + AT_MOST_EVERY - performance.now()));
  }

  window.nightlatch?.subscribe(askSoon);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  addEventListener("pageshow", (event) => event.persisted && ask());
  addEventListener("online", () => ask());
  ask();
}

async function read(prefix) {
  const at = performance.now();
  try {
    const answer = await fetch(`${prefix}/session`, { cache: "no-store", headers: { Accept: "application/json" } });
    if (answer.ok) {
      const body = await answer.json();
      return {
        phase: body.phase,
        kind: body.deadline_kind,
        idle: body.idle_remaining_ms,
        absolute: body.absolute_remaining_ms,
        warnBefore: body.warn_before_ms,
        at,
      };
    }
    if (answer.status === 401) {
      const { reason } = await answer.json().catch(() => ({}));
      return without(reason === "locked" ? "locked" : "ended", reason, at);
    }
  } catch {
    // No network, or an answer that is no JSON: said below.
  }
  return without("unreachable", undefined, at);
}

function without(phase, reason, at) {
  return { phase, reason, kind: null, idle: null, absolute: null, at };
}
