import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from '../call/call.js';
import { createLease, type LeaseOptions } from './lease.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that grants holds and forgets them when they lapse. */
function granting(options: LeaseOptions = {}) {
  const made: [string, unknown][] = [];
  let until = -Infinity;
  let rechecks = 0;
  const nightlatch = {
    async request(method: string, path: string, body?: object): Promise<Answer> {
      const now = performance.now();
      const { for_ms } = Object(body) as { for_ms: number };
      made.push([`${method} ${path}`, body]);
      if (method === 'PUT' && now >= until) return { type: 'lost', status: 404 };
      until = method === 'DELETE' ? now : now + for_ms;
      return { type: 'ok', body: { hold: 'h1' } };
    },
    recheck: () => void (rechecks += 1),
  };
  const lease = createLease(nightlatch, options);
  return {
    made,
    lease,
    held: () => until - performance.now(),
    rechecks: () => rechecks,
    /** Time passes, bytes move every 50 ms or not at all. */
    async pass(ms: number, moving = true) {
      for (let t = 0; t < ms; t += 50) {
        vi.advanceTimersByTime(50);
        if (moving) lease.progressed();
        for (let i = 0; i < 8; i += 1) await Promise.resolve();
      }
    },
  };
}

test('What is done within a second asks for nothing', async () => {
  const { lease, made, pass } = granting();
  await pass(950);
  lease.end();
  await pass(5000);
  expect(made).toEqual([]);
});

test('Holds while bytes move, asks seldom, and lets go at the end', async () => {
  const { lease, made, held, pass, rechecks } = granting({ label: 'scan' });
  for (let minute = 0; minute < 5; minute += 1) {
    await pass(60_000);
    expect(held()).toBeGreaterThan(15_000);
  }
  expect(made[0]).toEqual(['POST hold', { label: 'scan', for_ms: 30_000 }]);
  expect(new Set(made.slice(1).map(([route]) => route))).toEqual(new Set(['PUT hold/h1']));
  expect(made.length).toBeLessThanOrEqual(5 * 6 + 1);
  lease.end();
  await pass(50);
  expect(made.at(-1)![0]).toBe('DELETE hold/h1');
  expect(rechecks()).toBe(made.length);
  await pass(60_000);
  expect(held()).toBeLessThan(0);
});

test('Stalled, the hold lapses; moving again, there is a new one', async () => {
  const { made, held, pass } = granting();
  await pass(5000);
  const asked = made.length;
  await pass(40_000, false);
  expect([held() < 0, made.length]).toEqual([true, asked]);
  await pass(1000);
  expect(made.slice(asked).map(([route]) => route)).toEqual(['PUT hold/h1', 'POST hold']);
  expect(held()).toBeGreaterThan(20_000);
});

test('Holds no longer than the cap, however long it takes', async () => {
  const { made, held, pass } = granting({ max: 45_000 });
  await pass(44_000);
  expect(held()).toBeGreaterThan(0);
  await pass(1050);
  expect(held()).toBeLessThanOrEqual(0);
  const asked = made.length;
  await pass(60_000);
  expect([held() <= 0, made.length]).toEqual([true, asked]);
});

test('A hold that is granted after the end is released', async () => {
  const answers: (() => void)[] = [];
  const made: string[] = [];
  const request = (method: string, path: string) =>
    new Promise<Answer>((resolve) => {
      made.push(`${method} ${path}`);
      answers.push(() => resolve({ type: 'ok', body: { hold: 'h1' } }));
    });
  const lease = createLease({ request, recheck() {} }, {});
  vi.advanceTimersByTime(2000);
  lease.progressed();
  await vi.waitFor(() => expect(made).toEqual(['POST hold']));
  lease.end();
  answers[0]!();
  await vi.waitFor(() => expect(made).toEqual(['POST hold', 'DELETE hold/h1']));
});

test('A server that refuses is asked again with the next progress, not more often', async () => {
  const made: string[] = [];
  const request = async (method: string): Promise<Answer> => {
    made.push(method);
    return { type: 'lost', status: 403 };
  };
  const lease = createLease({ request, recheck() {} }, {});
  for (let t = 0; t < 30_000; t += 50) {
    vi.advanceTimersByTime(50);
    lease.progressed();
    await Promise.resolve();
  }
  lease.end();
  expect(made).toEqual(['POST', 'POST', 'POST']);
});
