import { expect, test, vi } from 'vitest';
import { reportActivity } from './frame.js';

test('Tells the allowed origins once a second, the first and the last time included, and nothing but that', () => {
  vi.useFakeTimers();
  const posted: unknown[][] = [];
  const window = Object.assign(new EventTarget(), {
    performance: { now: () => Date.now() },
    parent: { postMessage: (...message: unknown[]) => posted.push(message) },
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    Event,
  });
  const press = (isTrusted = true) => window.dispatchEvent(Object.defineProperty(new Event('keydown'), 'isTrusted', { value: isTrusted }));
  const stop = reportActivity({ to: ['https://app.example'], scope: window as never });
  press(false);
  vi.advanceTimersByTime(2000);
  expect(posted).toEqual([]);
  for (let i = 0; i < 25; i += 1) {
    press();
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(5000);
  expect(posted).toEqual(Array(4).fill(['nightlatch:activity', 'https://app.example']));
  stop();
  press();
  vi.advanceTimersByTime(5000);
  expect(posted.length).toBe(4);
  vi.useRealTimers();
});
