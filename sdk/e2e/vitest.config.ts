import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Real time on a machine that others use too: a scenario that a pause of the machine spoilt is played again.
  test: { retry: 2, include: ['e2e/**/*.e2e.ts'], testTimeout: 60_000, hookTimeout: 30_000, fileParallelism: false },
});
