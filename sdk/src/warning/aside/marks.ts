/** Seconds left that are spoken; all others pass in silence. */
const marks = [60, 30, 15, 10, 5];

/** Whether a mark was reached since `before` seconds were left: ticks may skip a second. */
export const isSpoken = (before: number, seconds: number) => marks.some((mark) => mark < before && seconds <= mark);
