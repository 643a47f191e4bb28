// Runs the test suite of react-idle-timer, as it is, against the compatible entry: docs/react-idle-timer.md says how.
import { defineConfig } from 'vitest/config';

const here = import.meta.dirname;
const checkout = process.env['REACT_IDLE_TIMER'];
if (!checkout) throw new Error('REACT_IDLE_TIMER has to name the directory where react-idle-timer is checked out');

export default defineConfig({
  root: checkout,
  resolve: {
    alias: [
      // Whatever the suite imports of the library, from the source or as built.
      { find: /^\.\.\/(src(\/.*)?)?$/, replacement: `${here}/names.ts` },
      { find: '@jest/globals', replacement: 'vitest' },
      // One React for the suite and for the entry.
      { find: /^(react|react-dom|@testing-library\/react|vitest)(?=$|\/)/, replacement: `${here}/../../node_modules/$1` },
    ],
  },
  test: {
    globals: true,
    environment: 'jsdom',
    include: ['tests/{useIdleTimer,IdleTimerProvider,withIdleTimer,SSR,bundle}.test.{ts,tsx}'],
    setupFiles: [`${here}/setup.ts`, `${checkout}/tests/test.setup.ts`],
    server: { deps: { inline: true } },
  },
});
