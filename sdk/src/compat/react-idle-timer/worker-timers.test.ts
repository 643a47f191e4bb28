// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { workerTimers } from './worker-timers.js';

const workers: FakeWorker[] = [];

class FakeWorker {
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (event: { preventDefault(): void; message: string }) => void;
  posted: unknown[] = [];
  over = false;
  constructor(readonly url: string) {
    workers.push(this);
  }
  postMessage(data: unknown) {
    this.posted.push(data);
  }
  terminate() {
    this.over = true;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  workers.length = 0;
  vi.stubGlobal('Worker', FakeWorker);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  Reflect.deleteProperty(document, 'hidden');
});

/** Time passes, but the main thread's timers are held back, as in a hidden page. */
function passThrottled(ms: number) {
  const now = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(now + ms);
}

test('On time while the page is visible', () => {
  const run = vi.fn();
  workerTimers.setTimeout(run, 100);
  vi.advanceTimersByTime(99);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

test('The worker is a file, and wakes what is late in a hidden page, once', () => {
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  const [late, later] = [vi.fn(), vi.fn()];
  workerTimers.setTimeout(late, 5000);
  const id = workerTimers.setTimeout(later, 60_000);
  expect([workers.length, workers[0]!.posted]).toEqual([1, [[1000, '']]]);
  expect(workers[0]!.url).toMatch(/\/worker\.js$/);
  passThrottled(6000);
  workers[0]!.onmessage!({ data: ['tick'] });
  workers[0]!.onmessage!({ data: ['tick'] });
  expect([late.mock.calls.length, later.mock.calls.length]).toEqual([1, 0]);
  workerTimers.clearTimeout(id);
});

test('Repeats until it is cleared, and then nothing is left', () => {
  const run = vi.fn();
  const id = workerTimers.setInterval(run, 100);
  vi.advanceTimersByTime(350);
  workerTimers.clearInterval(id);
  vi.advanceTimersByTime(350);
  expect([run.mock.calls.length, vi.getTimerCount(), workers[0]!.over]).toEqual([3, 0, true]);
});

test('Where the worker is refused it says so and runs on the main thread', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  vi.stubGlobal('Worker', function refuse() {
    throw new Error('refused by policy');
  });
  const run = vi.fn();
  workerTimers.setTimeout(run, 100);
  vi.advanceTimersByTime(100);
  expect(run).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls).toEqual([[expect.stringContaining('refused by policy')]]);
});
