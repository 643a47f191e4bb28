import { expect, test } from 'vitest';
import type { Scope } from '../call/call.js';
import { createClock } from './clock.js';

const clocks = () => {
  const at = { mono: 500, wall: 1_700_000_000_000, jumps: 0 };
  const scope = { performance: { now: () => at.mono }, Date: { now: () => at.wall } } as unknown as Scope;
  const now = createClock(scope, () => (at.jumps += 1));
  const pass = (mono: number, wall = mono) => {
    at.mono += mono;
    at.wall += wall;
  };
  return { now, pass, jumps: () => at.jumps };
};

test('Follows the monotonic clock while both agree', () => {
  const { now, pass, jumps } = clocks();
  pass(250);
  expect([now(), jumps()]).toEqual([750, 0]);
});

test('Counts a forward leap of the wall clock as time slept and tells it once', () => {
  const { now, pass, jumps } = clocks();
  pass(100, 3_600_100);
  expect([now(), jumps()]).toEqual([500 + 3_600_100, 1]);
  pass(10);
  expect([now(), jumps()]).toEqual([500 + 3_600_110, 1]);
});

test('Knows the new time already when it tells of the leap', () => {
  let at = 0;
  let told = 0;
  const scope = { performance: { now: () => 0 }, Date: { now: () => at } } as unknown as Scope;
  const now = createClock(scope, () => (told = now()));
  at = 5000;
  now();
  expect(told).toBe(5000);
});

test('Ignores a backward step of the wall clock and what follows it', () => {
  const { now, pass, jumps } = clocks();
  pass(1000, -3_600_000);
  expect(now()).toBe(1500);
  pass(1000);
  expect([now(), jumps()]).toEqual([2500, 0]);
});

test('Sees no jump when the monotonic clock counts sleep too', () => {
  const { now, pass, jumps } = clocks();
  pass(3_600_000);
  expect([now(), jumps()]).toEqual([3_600_500, 0]);
});

test('Slow drift never adds up to a jump', () => {
  const { now, pass, jumps } = clocks();
  for (let i = 0; i < 1000; i += 1) {
    pass(250, 255);
    now();
  }
  expect([now(), jumps()]).toEqual([500 + 250_000, 0]);
});
