// What five tabs cost while somebody works in them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tab } from './plain-chromium.js';
import { passing, real, setPlainStage, type PlainStage } from './plain-stage.js';
import { idle, together, traceScript, type Busy } from './trace.js';
import { overlap, type Request } from './traffic.js';

/** How long somebody works; `NIGHTLATCH_COST_SECONDS=600` for the ten minutes that the book speaks of. */
const SECONDS = Number(process.env['NIGHTLATCH_COST_SECONDS'] ?? 30);
/** A trace of more than this many seconds is too large to be kept. */
const PART = 30;
const UNDERWAY = 250;

interface Size {
  heap: number;
  listeners: number;
  nodes: number;
}

async function sizeOf({ protocol }: Tab): Promise<Size> {
  await protocol.send('Performance.enable');
  // What the first collection frees may let go of more.
  for (let i = 0; i < 3; i += 1) await protocol.send('HeapProfiler.collectGarbage');
  const { metrics } = await protocol.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  return { heap: of('JSHeapUsedSize'), listeners: of('JSEventListeners'), nodes: of('Nodes') };
}

describe.skipIf(!real)('Five tabs', () => {
  let stage: PlainStage;
  let start: number;
  let end: number;
  let before: Size[];
  let after: Size[];
  let script: Busy = idle;
  const during = (requests: Request[]) => requests.filter(({ at }) => at >= start && at <= end);

  beforeAll(async () => {
    stage = await setPlainStage({ policy: { idle: 60_000, absolute: 86_400_000, warnBefore: 10_000 } });
    const tabs: Tab[] = [];
    for (const where of ['window', 'tab', 'tab', 'window', 'window'] as const) tabs.push(await stage.open('/', where, 'nothing'));
    const visible = tabs.slice(2);
    const work = async (until: number) => {
      for (let i = 0; Date.now() < until; i += 1) {
        const { page } = visible[Math.floor(i / 20) % visible.length]!;
        await page.mouse.move(40 + ((i * 7) % 300), 60 + ((i * 5) % 200));
        if (i % 10 === 5) await page.keyboard.press('a');
        await passing(100);
      }
    };
    // Once everything that is compiled or made when it is first needed is there.
    await work(Date.now() + 7000);
    before = await Promise.all(tabs.map(sizeOf));
    const browser = await stage.chromium.browser.target().createCDPSession();
    start = Date.now();
    end = start + SECONDS * 1000;
    while (Date.now() < end) {
      const part = work(Math.min(end, Date.now() + PART * 1000));
      script = together(script, await traceScript(browser, `${stage.server.origin}/nightlatch/`, part));
    }
    end = Date.now();
    after = await Promise.all(tabs.map(sizeOf));
    const count = (endpoint: string) => during(stage.traffic.to(endpoint)).length;
    console.log(
      [
        `${((end - start) / 1000).toFixed(0)} s, five tabs, three of them visible, somebody at work`,
        `reports ${count('POST activity')}, other questions ${count('POST session')}, streams opened ${count('GET events')}`,
        `script: ${script.turns} turns, ${script.total.toFixed(0)} ms in all, longest ${script.longest.toFixed(2)} ms, in a task of at most ${script.longestTask.toFixed(2)} ms`,
        `heap, kB: ${before.map(({ heap }, i) => `${(heap / 1000).toFixed(0)} -> ${(after[i]!.heap / 1000).toFixed(0)}`).join(', ')}`,
        `listeners: ${before.map(({ listeners }, i) => `${listeners} -> ${after[i]!.listeners}`).join(', ')}`,
      ].join('\n'),
    );
  }, SECONDS * 1500 + 60_000);
  afterAll(() => stage?.close());

  test('At most one report leaves in five seconds, over all tabs', () => {
    const reports = during(stage.traffic.to('POST activity'));
    expect(reports.length).toBeGreaterThan(SECONDS / 10);
    expect(reports.length).toBeLessThanOrEqual(Math.floor((end - start) / 5000) + 1);
    for (const [i, report] of reports.slice(1).entries()) expect(report.at - reports[i]!.at).toBeGreaterThan(5000 - UNDERWAY);
  });

  test('Exactly one event stream is open at any time', () => {
    const streams = stage.traffic.to('GET events').filter(({ until }) => until > start);
    expect(overlap(streams.map((one) => ({ ...one, at: Math.max(one.at, start) })), end)).toEqual({ most: 1, none: 0 });
  });

  test('No script runs for longer than 5 ms at a time', () => {
    expect(script.turns).toBeGreaterThan(SECONDS);
    // What the browser does of its own accord in the middle of a turn counts, too: collecting garbage, and compiling.
    expect(script.long).toBeLessThanOrEqual(1);
  });

  test('Neither memory nor listeners grow', () => {
    for (const [i, { heap, listeners, nodes }] of after.entries()) {
      expect(heap - before[i]!.heap).toBeLessThan(200_000);
      expect(listeners).toBe(before[i]!.listeners);
      expect(nodes).toBeLessThanOrEqual(before[i]!.nodes);
    }
  });

  test('Nor do they when it is started and stopped 200 times', async () => {
    const tab = await stage.open('/', 'window', 'nothing');
    const cycles = (count: number) =>
      tab.page.evaluate(async (times) => {
        const nightlatch = window.nightlatch!;
        for (let i = 0; i < times; i += 1) {
          nightlatch.stop();
          nightlatch.start();
          await new Promise<void>((resolve) => {
            const done = nightlatch.subscribe(({ state }) => state.phase === 'active' && (done(), resolve()));
          });
        }
      }, count);
    await cycles(10);
    const first = await sizeOf(tab);
    await cycles(200);
    const last = await sizeOf(tab);
    // A question that is underway listens for its time-out.
    expect(last.listeners - first.listeners).toBeLessThanOrEqual(2);
    expect(last.heap - first.heap).toBeLessThan(200_000);
    expect(tab.page.workers().length).toBe(1);
  });
});
