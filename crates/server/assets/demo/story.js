// The panel's event log: what changed between two looks at the session, in words.

import { digits } from "./clock.js";

/** A deadline that moved by less is the same deadline, measured twice. */
const SAME = 900;

const ENDS = {
  idle: "Signed out: nobody was there",
  absolute: "Signed out: the absolute limit",
  user: "Signed out by you",
  admin: "Signed out by an administrator",
  disconnected: "Signed out: no page was open",
  superseded: "Signed out: another sign-in took over",
  upstream: "Signed out by the identity provider",
  account: "Signed out: the account changed",
};

/** How far a deadline moved between two answers; 0 where it stayed or one of them has none. */
export function moved(before, after, limit) {
  if (before?.[limit] == null || after[limit] == null) return 0;
  const by = after.at + after[limit] - (before.at + before[limit]);
  return Math.abs(by) < SAME ? 0 : by;
}

/** The lines to add to the log. `here` tells whether this tab saw a person a moment ago. */
export function changes(before, after, here) {
  if (after.phase !== before?.phase) return [phaseLine(before, after)];
  const idle = moved(before, after, "idle");
  const lines = [];
  if (moved(before, after, "absolute") > 0) lines.push("Confirmed: both limits start again");
  else if (idle > 0 && after.held) lines.push("Held: the idle clock waits");
  else if (idle > 0) lines.push(`${here ? "Activity here" : "Activity elsewhere"}: ${digits(after.idle)} again`);
  else if (idle < 0 && before.held) lines.push("The hold is over: the idle clock runs");
  else if (idle < 0) lines.push(`The idle limit got shorter: ${digits(after.idle)} left`);
  if (before.idle != null && after.idle == null) lines.push("The idle clock stands still");
  if (after.kind !== before.kind && after.kind) lines.push(`Now the ${after.kind} limit decides`);
  return lines;
}

function phaseLine(before, after) {
  switch (after.phase) {
    case "active":
      return before?.phase === "warning" ? "Stayed: active again" : before ? "Active again" : "Watching this session";
    case "warning":
      return `Warning: the ${after.kind ?? "idle"} limit is near`;
    case "locked":
      return "Locked: nothing is served until you sign in";
    case "ended":
      return ENDS[after.reason] ?? "Signed out";
    default:
      return "The server does not answer; asking again";
  }
}
