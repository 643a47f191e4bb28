import { expect, test } from 'vitest';
import { short } from './short.js';

const MINUTE = 60_000;

test('Says seconds in the last minute, then minutes, then hours, and no more than two of them', () => {
  const times = [0, 4_600, 59_400, 59_600, 90_000, 12 * MINUTE, 60 * MINUTE, 125 * MINUTE, 26 * 60 * MINUTE];
  expect(times.map((left) => short(left, 'en'))).toEqual([
    ...['0 sec', '5 sec', '59 sec', '1 min', '1 min', '12 min', '1 hr', '2 hr 5 min', '26 hr'],
  ]);
});

test('Speaks the language', () => {
  expect(short(12 * MINUTE, 'de')).toBe('12 Min.');
  expect(short(12 * MINUTE, 'ja')).toBe('12 分');
});
