// How long script keeps the main threads of pages busy, from the browser's own trace.
import type { CDPSession } from 'puppeteer-core';

interface Event {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds: begin, length, and length on the processor. */
  ts: number;
  dur?: number;
  tdur?: number;
  args: { data?: { url?: string } };
}

export interface Busy {
  /** How often script ran. */
  turns: number;
  /** Milliseconds of processor time: the longest turn of script, the longest task with script in it, and all turns together. */
  longest: number;
  longestTask: number;
  total: number;
  /** How many turns took longer than 5 ms. */
  long: number;
}

const LONG = 5;

const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8.execute'];
const turns = ['FunctionCall', 'RunMicrotasks', 'v8.evaluateModule'];

/** Traces the browser while `during` runs. Counts the threads on which script from an address below `from` ran. */
export async function traceScript(browser: CDPSession, from: string, during: Promise<unknown>): Promise<Busy> {
  const events: Event[] = [];
  const keep = ({ value }: { value: object[] }) => void events.push(...(value as Event[]));
  browser.on('Tracing.dataCollected', keep);
  await browser.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories, excludedCategories: ['*'] },
  });
  await during;
  const complete = new Promise((resolve) => browser.once('Tracing.tracingComplete', resolve));
  await browser.send('Tracing.end');
  await complete;
  browser.off('Tracing.dataCollected', keep);
  return busy(events, from);
}

export const together = (a: Busy, b: Busy): Busy => ({
  turns: a.turns + b.turns,
  longest: Math.max(a.longest, b.longest),
  longestTask: Math.max(a.longestTask, b.longestTask),
  total: a.total + b.total,
  long: a.long + b.long,
});

export const idle: Busy = { turns: 0, longest: 0, longestTask: 0, total: 0, long: 0 };

function busy(events: Event[], from: string): Busy {
  const thread = ({ pid, tid }: Event) => `${pid} ${tid}`;
  const ours = new Set(events.filter(({ args }) => args.data?.url?.startsWith(from)).map(thread));
  let sum = idle;
  for (const one of ours) {
    const complete = events.filter((event) => event.ph === 'X' && thread(event) === one).sort((a, b) => a.ts - b.ts);
    let task: Event | undefined;
    let end = -Infinity;
    for (const event of complete) {
      if (event.name === 'RunTask') task = event;
      // A turn within a turn is part of it.
      if (!turns.includes(event.name) || event.ts < end) continue;
      end = event.ts + event.dur!;
      const [longest, longestTask] = [(event.tdur ?? 0) / 1000, (task?.tdur ?? 0) / 1000];
      sum = together(sum, { turns: 1, longest, longestTask, total: longest, long: longest > LONG ? 1 : 0 });
    }
  }
  return sum;
}
