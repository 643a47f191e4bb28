import { expect, test } from 'vitest';
import { createClock } from './clock.js';

const clocks = () => {
  const at = { mono: 500, wall: 1_700_000_000_000 };
  const clock = createClock(() => at.mono, () => at.wall);
  const pass = (mono: number, wall = mono) => {
    at.mono += mono;
    at.wall += wall;
  };
  return { clock, pass };
};

test('Follows the monotonic clock while both agree', () => {
  const { clock, pass } = clocks();
  pass(250);
  expect(clock.read()).toEqual({ now: 750, jumped: false });
});

test('Counts a forward leap of the wall clock as time slept and tells it once', () => {
  const { clock, pass } = clocks();
  pass(100, 3_600_100);
  expect(clock.now()).toBe(500 + 3_600_100);
  expect(clock.read()).toEqual({ now: 500 + 3_600_100, jumped: true });
  pass(10);
  expect(clock.read()).toEqual({ now: 500 + 3_600_110, jumped: false });
});

test('Looking at the time does not swallow the jump', () => {
  const { clock, pass } = clocks();
  pass(0, 5000);
  clock.now();
  expect(clock.read().jumped).toBe(true);
});

test('Ignores a backward step of the wall clock and what follows it', () => {
  const { clock, pass } = clocks();
  pass(1000, -3_600_000);
  expect(clock.read()).toEqual({ now: 1500, jumped: false });
  pass(1000);
  expect(clock.read()).toEqual({ now: 2500, jumped: false });
});

test('Sees no jump when the monotonic clock counts sleep too', () => {
  const { clock, pass } = clocks();
  pass(3_600_000);
  expect(clock.read()).toEqual({ now: 3_600_500, jumped: false });
});

test('Slow drift never adds up to a jump', () => {
  const { clock, pass } = clocks();
  for (let i = 0; i < 1000; i += 1) {
    pass(250, 255);
    expect(clock.read().jumped).toBe(false);
  }
  expect(clock.now()).toBe(500 + 250_000);
});
