import { expect, test } from 'vitest';
import { counted } from './counted.js';
import de from './de.js';
import { en } from './en.js';
import pl from './pl.js';

test('Says one second in the singular and all other counts in the plural, and whole minutes from a minute on', () => {
  const seconds = [0, 1, 2, 59, 60, 119, 120];
  expect(seconds.map(en.inWords)).toEqual(['0 seconds', '1 second', '2 seconds', '59 seconds', '1 minute', '1 minute', '2 minutes']);
  expect(seconds.map(counted(de, 'de').inWords)).toEqual([
    ...['0 Sekunden', '1 Sekunde', '2 Sekunden', '59 Sekunden', '1 Minute', '1 Minute', '2 Minuten'],
  ]);
});

test('Takes the plural form that the language asks for', () => {
  const { inWords } = counted(pl, 'pl');
  expect([1, 2, 5, 22, 60, 120, 300].map(inWords)).toEqual([
    ...['1 sekundę', '2 sekundy', '5 sekund', '22 sekundy', '1 minutę', '2 minuty', '5 minut'],
  ]);
});

test('Shows digits with two places for the seconds, in the digits of the language', () => {
  const seconds = [5, 60, 150, 754];
  expect([...seconds, 3661].map(en.inDigits)).toEqual(['0:05', '1:00', '2:30', '12:34', '01:01:01']);
  expect(seconds.map(counted(de, 'de').inDigits)).toEqual(['0:05', '1:00', '2:30', '12:34']);
  expect(counted(de, 'ar-EG').inDigits(65)).toBe('١:٠٥');
});
