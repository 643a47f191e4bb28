import { expect, test } from 'vitest';
import { isSpoken } from './marks.js';

test('Speaks five times in a minute, once per mark', () => {
  const marks = [];
  for (let s = 60; s >= 0; s -= 1) if (isSpoken(s + 1, s)) marks.push(s);
  expect(marks).toEqual([60, 30, 15, 10, 5]);
});

test('Speaks once when ticks were late, and not at what is no mark', () => {
  expect(isSpoken(61, 12)).toBe(true);
  expect(isSpoken(12, 12)).toBe(false);
  expect(isSpoken(3, 2)).toBe(false);
});
