// The live panel: both deadlines of this session, moving. The browser animates the bars by itself; the script
// writes only when a deadline moves and once a second for the digits.

import { ago, digits, duration, timeOfDay } from "./clock.js";
import { watchSession } from "./session.js";
import { changes, moved } from "./story.js";

const LOG_LENGTH = 6;
const GLIDE = 350;
const HERE = 6000;

const PHASES = {
  active: "Active",
  warning: "Warning",
  locked: "Locked",
  ended: "Ended",
  unreachable: "No answer",
};

const panel = document.getElementById("panel");
const part = (name) => panel.querySelector(`[data-part="${name}"]`);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const idleLimits = [duration(panel.dataset.billingIdle), duration(panel.dataset.idle)]
  .filter((limit) => limit !== undefined)
  .sort((a, b) => a - b);
const absoluteLimit = duration(panel.dataset.absolute);

let session;
/** What the upload of this page says. */
let holding = false;
let idleLimit;
let lastInput = -Infinity;
let ticking;

document.addEventListener("held", ({ detail }) => {
  holding = detail;
  if (session) show({ ...session });
});
watchSession(panel.dataset.prefix, show);
for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
  addEventListener(type, (event) => event.isTrusted && (lastInput = performance.now()), { passive: true, capture: true });
}

function show(next) {
  const before = session;
  session = next;
  // More left than any limit gives: a hold reaches into the future.
  next.held = next.idle != null && (holding || next.idle > idleLimits.at(-1) + 500);
  if (idleLimit === undefined || moved(before, next, "idle") !== 0) idleLimit = limitBehind(next.idle);
  const here = performance.now() - lastInput < HERE;
  for (const line of changes(before, next, here)) log(line);

  write(part("phase"), PHASES[next.phase] ?? next.phase);
  part("phase").dataset.phase = panel.dataset.phase = next.phase;
  write(part("what"), whatDecides(next));
  write(part("words"), inWords(before, next));
  for (const limit of panel.querySelectorAll(".limit")) limit.toggleAttribute("data-decides", limit.dataset.limit === next.kind);
  for (const [name, whole] of [["idle", idleLimit], ["absolute", absoluteLimit]]) {
    if (before?.phase === next.phase && next[name] != null && before[name] != null && !moved(before, next, name)) continue;
    run(part(`${name}-bar`), "scaleX", next[name], whole);
  }
  if (!before || before.phase !== next.phase || before.kind !== next.kind || moved(before, next, next.kind)) {
    run(part("moon"), "moon", next[next.kind], next.kind === "absolute" ? absoluteLimit : idleLimit);
  }
  tick();
}

/** Which idle limit is at work is not told; it is the shortest one that could leave so much. */
function limitBehind(remaining) {
  return remaining == null ? undefined : (idleLimits.find((limit) => limit >= remaining - 250) ?? idleLimits.at(-1));
}

/** Lets a bar (or the moon's shadow) go from where it is, through what remains now, to nothing. */
function run(element, shape, remaining, whole) {
  const at = shape === "moon" ? (share) => `translateX(${share * 104}%)` : (share) => `scaleX(${share})`;
  const current = getComputedStyle(element).transform;
  for (const animation of element.getAnimations()) animation.cancel();
  const full = remaining == null ? Number(living()) : Math.min(1, remaining / (whole || remaining || 1));
  element.style.transform = at(full);
  if (remaining == null || remaining <= 0) return;
  const left = Math.max(1, remaining - (performance.now() - session.at));
  // A full bar that waits for a hold to end must not move yet.
  const rest = whole && remaining > whole ? Math.min(0.98, (remaining - whole) / remaining) : 0;
  const frames = [{ transform: at(full), offset: rest }, { transform: at(0), offset: 1 }];
  if (rest > 0) frames.unshift({ transform: at(full), offset: 0 });
  else if (!calm.matches && left > 4 * GLIDE) {
    frames[0] = { transform: current, offset: 0, easing: "ease-out" };
    frames.splice(1, 0, { transform: at(full * (1 - GLIDE / left)), offset: GLIDE / left });
  }
  const easing = calm.matches ? `steps(${Math.max(1, Math.ceil(left / 1000))})` : "linear";
  element.animate(frames, { duration: left, fill: "forwards", easing });
}

/** Writes the digits, and comes back when the next second begins. */
function tick() {
  clearTimeout(ticking);
  const passed = performance.now() - session.at;
  const left = (limit) => (session[limit] == null ? null : session[limit] - passed);
  write(part("idle-time"), session.held ? "held" : remainingText(left("idle")));
  write(part("absolute-time"), remainingText(left("absolute")));
  const deciding = left(session.kind);
  write(part("time"), deciding === null ? (living() ? "∞" : "–:––") : digits(deciding));
  write(part("age"), ageText(left("idle")));
  const next = deciding ?? left("absolute");
  if (next != null && next > 0) ticking = setTimeout(tick, (next % 1000) + 15);
}

function remainingText(ms) {
  if (ms !== null) return digits(ms);
  return living() ? "no limit" : "–:––";
}

function living() {
  return session.phase === "active" || session.phase === "warning";
}

function ageText(idle) {
  if (idle === null || idleLimit === undefined) return "unknown";
  return session.held ? "not needed, a hold is running" : ago(idleLimit - idle);
}

function whatDecides({ phase, kind, held }) {
  if (phase === "unreachable") return "the server does not answer";
  if (phase === "locked") return "locked: sign in to go on";
  if (phase === "ended") return "this session is over";
  if (held && kind === "idle") return "held: the idle clock waits";
  return kind ? `until the ${kind} limit` : "no limit is running";
}

/** Replaced only when it stops being true; it is no live region, the SDK's dialog does the announcing. */
function inWords(before, next) {
  const same = before?.phase === next.phase && before.kind === next.kind && before.held === next.held;
  if (same && !moved(before, next, "idle") && !moved(before, next, "absolute")) return part("words").textContent;
  const limits = ["idle", "absolute"]
    .filter((limit) => next[limit] != null)
    .map((limit) => limit === "idle" && next.held ? "The idle clock waits for the upload." : `The ${limit} limit is reached at ${timeOfDay(next[limit])}${limit === next.kind ? ", which comes first" : ""}.`);
  return [`${PHASES[next.phase] ?? next.phase}.`, ...limits].join(" ");
}

function log(line) {
  const events = part("events");
  const newest = events.firstElementChild;
  // One line for a person at work, however long: it carries the last time.
  const repeats = newest?.dataset.line && newest.dataset.line === line.split(":")[0];
  const item = repeats ? newest : document.createElement("li");
  item.dataset.line = line.split(":")[0];
  const time = document.createElement("time");
  time.textContent = timeOfDay();
  item.replaceChildren(time, ` ${line}`);
  if (!repeats) events.prepend(item);
  while (events.children.length > LOG_LENGTH) events.lastElementChild.remove();
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
