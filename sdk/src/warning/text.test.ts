import { expect, test } from 'vitest';
import { en, inDigits, inWords, spokenMark, type Messages } from './text.js';

test('Says one second in the singular and all other counts in the plural', () => {
  expect([0, 1, 2, 59].map((n) => inWords(n, en, 'en'))).toEqual(['0 seconds', '1 second', '2 seconds', '59 seconds']);
});

test('Says minutes, and seconds only where there are some', () => {
  expect([60, 61, 120, 150].map((n) => inWords(n, en, 'en'))).toEqual([
    '1 minute',
    '1 minute 1 second',
    '2 minutes',
    '2 minutes 30 seconds',
  ]);
});

test('Takes the plural form that the language asks for', () => {
  const polish: Messages = {
    ...en,
    seconds: { one: '{n} sekunda', few: '{n} sekundy', many: '{n} sekund', other: '{n} sekundy' },
  };
  expect([1, 2, 5, 22].map((n) => inWords(n, polish, 'pl'))).toEqual(['1 sekunda', '2 sekundy', '5 sekund', '22 sekundy']);
});

test('Shows digits with two places for the seconds', () => {
  expect([5, 60, 150].map(inDigits)).toEqual(['0:05', '1:00', '2:30']);
});

test('Speaks five times in a minute, once per mark', () => {
  const marks = [];
  for (let s = 60; s >= 0; s -= 1) marks.push(spokenMark(s + 1, s));
  expect(marks.filter(Boolean)).toEqual([60, 30, 15, 10, 5]);
});

test('Speaks only the latest mark when ticks were late', () => {
  expect(spokenMark(61, 12)).toBe(15);
  expect(spokenMark(12, 12)).toBeUndefined();
  expect(spokenMark(3, 2)).toBeUndefined();
});
