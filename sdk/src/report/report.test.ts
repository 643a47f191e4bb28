import { expect, test } from 'vitest';
import { createReports, pauseFor } from './report.js';

test('Pauses five seconds with long policies and fewer with short ones, never under one', () => {
  expect([null, 1_740_000, 9000, 3000, 100, -5].map(pauseFor)).toEqual([5000, 5000, 3000, 1000, 1000, 1000]);
});

test('Reports the first input at once and the last one after the pause', () => {
  const reports = createReports();
  const sent: [number, number][] = [];
  for (let now = 0; now <= 12_000; now += 250) {
    if (now <= 6000) reports.saw(now);
    if (reports.due(now, null)) sent.push([now, now - reports.take(now)]);
  }
  expect(sent).toEqual([[0, 0], [5000, 0], [10_000, 4000]]);
});

test('Waits with its own report when another tab has just reported', () => {
  const reports = createReports();
  reports.heard(1000);
  reports.saw(1200);
  expect(reports.due(1300, null)).toBe(false);
  expect(reports.due(6000, null)).toBe(true);
});

test('A lost report comes back, unless there is newer input', () => {
  const reports = createReports();
  reports.saw(100);
  reports.giveBack(reports.take(100));
  expect(reports.take(6000)).toBe(100);
  reports.saw(7000);
  reports.giveBack(100);
  expect(reports.take(7000)).toBe(7000);
});
