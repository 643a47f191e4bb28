// Durations in words and digits. All amounts are milliseconds.

const UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads "45s", "1m30s" or "45 seconds"; undefined when there is no number in it. */
export function duration(text) {
  let sum;
  for (const [, amount, unit] of (text ?? "").matchAll(/(\d+)\s*(ms\b|[smhd])/gi)) {
    sum = (sum ?? 0) + Number(amount) * UNIT[unit.toLowerCase()];
  }
  return sum;
}

/** What is left, as a clock shows it: rounded up, so that 0:00 means over. */
export function digits(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** The time of day `ms` from now. It stays true while a countdown would not. */
export function timeOfDay(ms = 0) {
  return new Date(Date.now() + ms).toLocaleTimeString("en-GB");
}

export function ago(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 2) return "just now";
  return seconds < 60 ? `${seconds} seconds ago` : `${digits(seconds * 1000)} minutes ago`;
}
