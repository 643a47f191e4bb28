// A slow upload that keeps its session from idling: one small piece a second, under a hold.

const PIECES = 45;
const PIECE = new Uint8Array(16 * 1024);
const PAUSE = 1000;
const HOLD_FOR = 15_000;
const RENEW_EVERY = 5;
const REFUSED = "the session could not be held.";

const card = document.getElementById("upload");
const part = (name) => card.querySelector(`[data-part="${name}"]`);
const progress = document.getElementById("progress");

let stop;

part("start").addEventListener("click", start);
part("cancel").addEventListener("click", () => stop?.abort());

async function start() {
  stop = new AbortController();
  working(true);
  say("Uploading.");
  let hold;
  try {
    hold = await openHold();
    tellHeld(true);
    await send(hold, stop.signal);
    say("Done. The hold is released, and the idle clock runs again.");
  } catch (error) {
    say(stop.signal.aborted ? "Cancelled. The hold is released." : `Stopped: ${error.message}`);
  } finally {
    tellHeld(false);
    await hold?.release().catch(() => {});
    working(false);
  }
}

async function send(hold, signal) {
  for (let piece = 0; piece < PIECES; piece++) {
    const answer = await fetch(`/demo/upload?chunk=${piece}`, { method: "POST", headers: { Nightlatch: "1" }, body: PIECE, signal });
    if (answer.status === 401) throw new Error("the session is over.");
    if (!answer.ok) throw new Error("the server refused a piece.");
    progress.value = (100 * (piece + 1)) / PIECES;
    // Said in quarters: a status that changes every second would talk over everything else.
    const quarter = Math.floor((4 * (piece + 1)) / PIECES);
    if (quarter > Math.floor((4 * piece) / PIECES) && quarter < 4) say(`Uploading: ${25 * quarter} % done.`);
    if (piece % RENEW_EVERY === RENEW_EVERY - 1) await hold.renew(HOLD_FOR);
    await pause(PAUSE, signal);
  }
}

/** The SDK's hold, or the same three calls made by hand where there is no SDK. */
async function openHold() {
  if (typeof window.nightlatch?.hold === "function") {
    const hold = await window.nightlatch.hold({ forMs: HOLD_FOR, label: "upload" });
    if (!hold) throw new Error(REFUSED);
    return hold;
  }
  const base = `${card.dataset.prefix}/hold`;
  const { hold } = await call("POST", base, { for_ms: HOLD_FOR, label: "upload" });
  return {
    renew: (forMs) => call("PUT", `${base}/${hold}`, { for_ms: forMs }),
    release: () => call("DELETE", `${base}/${hold}`),
  };
}

async function call(method, url, body) {
  const headers = { Nightlatch: "1", ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(answer.status === 401 ? "the session is over." : REFUSED);
  return answer.status === 204 ? undefined : answer.json();
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

/** The panel beside it cannot see a hold where a page with a shorter limit is open. */
function tellHeld(held) {
  document.dispatchEvent(new CustomEvent("held", { detail: held }));
}

function working(yes) {
  // The focus goes along, or a disabled button would swallow it.
  part("cancel").disabled = !yes;
  part("start").disabled = yes;
  part(yes ? "cancel" : "start").focus();
}

function say(text) {
  part("state").textContent = text;
}
