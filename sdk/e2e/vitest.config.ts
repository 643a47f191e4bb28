import { cpus } from 'node:os';
import { defineConfig } from 'vitest/config';
import { browserNames } from './drivers/driver.js';

// What is waited for may take its time on a busy machine; how fast something is, tests take from what the page noted.
// Before a merge a test that failed is played once more: a processor may be kept from us for as long as a limit lasts.
const retry = process.env.CI ? 1 : 0;
const common = { testTimeout: 90_000, hookTimeout: 30_000, retry, expect: { poll: { timeout: 15_000 } } };
const scenarios = 'e2e/scenarios/*.e2e.ts';
/** What is played once more against two nodes on one store, behind a balancer, and in which browser with which routing. */
const spread = [
  ['chromium', 'scattered', ['tabs', 'holds', 'idle', 'lock']],
  ['firefox', 'sticky', ['tabs', 'holds']],
] as const;
/** What is measured, and what the browser does to pages in its own time: nothing else runs beside it. */
const calm = ['lifecycle', 'put-away', 'traffic', 'cost'].map((name) => `e2e/${name}.e2e.ts`);

/** How many of the processors nobody else uses, in the moment that it takes to look. */
function spareProcessors(): number {
  const idle = () => cpus().reduce((sum, { times }) => sum + times.idle, 0);
  const before = idle();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK);
  return (idle() - before) / LOOK;
}
const LOOK = 500;

/** In the order in which they are played. */
const groups = { first: 0, together: 1, webkit: 2, alone: 3 };

export default defineConfig({
  test: {
    ...common,
    // Limits of a few seconds pass in real time, so a test has to get its turn in time. A file keeps half of a processor busy.
    maxWorkers: spareProcessors() > 1.5 ? 3 : 2,
    projects: [
      {
        test: {
          ...common,
          name: 'table',
          include: ['e2e/*.test.ts'],
          provide: { browser: undefined, nodes: undefined },
          sequence: { groupOrder: groups.first },
        },
      },
      ...browserNames.map((browser) => ({
        test: {
          ...common,
          name: browser,
          include: [scenarios],
          provide: { browser, nodes: undefined },
          // WebKitGTK draws without a graphics card and takes a processor for each window: fewer at a time, and a command
          // that its driver never answers is given once more.
          ...(browser === 'webkit' && { maxWorkers: 2, retry: 1 }),
          sequence: { groupOrder: browser === 'webkit' ? groups.webkit : groups.together },
        },
      })),
      ...spread.map(([browser, nodes, files]) => ({
        test: {
          ...common,
          name: `${browser}-${nodes}`,
          include: files.map((file) => `e2e/scenarios/${file}.e2e.ts`),
          provide: { browser, nodes },
          sequence: { groupOrder: groups.together },
        },
      })),
      {
        test: {
          ...common,
          name: 'pages',
          include: ['e2e/**/*.e2e.ts'],
          exclude: [scenarios, ...calm],
          provide: { browser: undefined, nodes: undefined },
          sequence: { groupOrder: groups.together },
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: calm,
          provide: { browser: undefined, nodes: undefined },
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: groups.alone },
        },
      },
    ],
  },
});
