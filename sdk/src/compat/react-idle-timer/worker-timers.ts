import { createTicker, type Ticker } from '../../ticker/ticker.js';
import type { ITimers } from './types.js';

interface Entry {
  at: number;
  timer: ReturnType<typeof setTimeout>;
  run(): void;
}

const entries = new Map<number, Entry>();
let ticker: Ticker | undefined;
let ids = 0;

function pulse() {
  const now = performance.now();
  for (const { at, run } of [...entries.values()]) if (now >= at) run();
}

const pace = () => ticker?.pace(document.hidden);

function arm(id: number, delay: number, run: () => void) {
  clearTimeout(entries.get(id)?.timer);
  entries.set(id, { at: performance.now() + delay, timer: setTimeout(run, delay), run });
  if (ticker) return;
  // Beside the built entry point, which is one folder down.
  const file = new URL('../worker.js', import.meta.url).href;
  ticker = createTicker(window, file, '', (type, why) => {
    if (type === 'tick') pulse();
    else console.warn(`nightlatch: no worker, timers of hidden pages will be late: ${why}`);
  });
  document.addEventListener('visibilitychange', pace);
  pace();
}

function remove(id: number) {
  clearTimeout(entries.get(id)?.timer);
  if (!entries.delete(id) || entries.size) return;
  document.removeEventListener('visibilitychange', pace);
  ticker?.stop();
  ticker = undefined;
}

/**
 * The main thread's timers, and a worker that wakes those that are late because the page is hidden. The worker is a file of
 * this package: `worker-src 'self'` is enough for it. Where it cannot run, only the accuracy of hidden pages suffers.
 */
export const workerTimers: ITimers = {
  setTimeout(fn, delay) {
    const id = ++ids;
    arm(id, delay, () => {
      remove(id);
      fn();
    });
    return id;
  },
  clearTimeout: remove,
  setInterval(fn, delay) {
    const id = ++ids;
    const run = () => {
      arm(id, delay, run);
      fn();
    };
    arm(id, delay, run);
    return id;
  },
  clearInterval: remove,
};
