import { expect, test } from 'vitest';
import { inDigits, inTime, isSpoken } from './counted.js';
import { en } from './en.js';
import type { Messages } from './messages.js';

const inWords = (seconds: number, messages: Messages = en) => inTime('{time}', seconds, messages);

test('Says one second in the singular and all other counts in the plural', () => {
  expect([0, 1, 2, 59].map((n) => inWords(n))).toEqual(['0 seconds', '1 second', '2 seconds', '59 seconds']);
});

test('Says minutes, and seconds only where there are some', () => {
  expect([60, 61, 120, 150].map((n) => inWords(n))).toEqual(['1 minute', '1 minute, 1 second', '2 minutes', '2 minutes, 30 seconds']);
});

test('Puts the time into the sentence', () => {
  expect(inTime(en.left, 10, en)).toBe('You will be signed out in 10 seconds.');
});

test('Shows digits with two places for the seconds, in the digits of the language', () => {
  expect([5, 60, 150].map((n) => inDigits(n, 'en'))).toEqual(['0:05', '1:00', '2:30']);
  expect(inDigits(65, 'ar-EG')).toBe('١:٠٥');
});

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
