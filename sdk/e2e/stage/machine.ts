// How late this machine is: programs that wait for their turn are late through no fault of their own. A timer of the tests
// watches the clock; on a machine that is not busy it sees next to nothing.

const EVERY = 20;
const late: { at: number; ms: number }[] = [];

let last = Date.now();
setInterval(() => {
  const now = Date.now();
  const ms = now - last - EVERY;
  if (ms > 2) late.push({ at: now, ms });
  last = now;
}, EVERY).unref();

/** How long the machine kept programs waiting between two instants, in milliseconds. */
export const lateness = (from: number, to: number) =>
  late.reduce((sum, { at, ms }) => sum + (at > from && at - ms < to ? ms : 0), 0);
