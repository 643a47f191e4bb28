import { defineConfig } from 'vitest/config';
import { browserNames } from './drivers/driver.js';

const common = { testTimeout: 90_000, hookTimeout: 30_000 };
const scenarios = 'e2e/scenarios/*.e2e.ts';

export default defineConfig({
  test: {
    ...common,
    // Most of a scenario is waiting: three files side by side leave two processors idle most of the time.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: 'table', include: ['e2e/*.test.ts'], provide: { browser: undefined }, sequence: { groupOrder: 0 } } },
      ...browserNames.map((browser) => ({
        test: {
          ...common,
          name: browser,
          include: [scenarios],
          provide: { browser },
          // WebKitGTK draws without a graphics card and takes a processor for each window: fewer at a time, and a command
          // that its driver never answers is given once more.
          ...(browser === 'webkit' && { maxWorkers: 2, retry: 1 }),
          sequence: { groupOrder: browser === 'webkit' ? 3 : 1 },
        },
      })),
      {
        test: {
          ...common,
          name: 'alone',
          include: ['e2e/**/*.e2e.ts'],
          exclude: [scenarios],
          provide: { browser: undefined },
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
