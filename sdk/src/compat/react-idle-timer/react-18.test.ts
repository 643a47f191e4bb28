// @vitest-environment jsdom
import { createRequire } from 'node:module';
import { expect, test, vi } from 'vitest';

test('Works with React 18', async () => {
  const require = createRequire(`${import.meta.dirname}/../../../test/react-18/package.json`);
  const React = require('react') as typeof import('react');
  vi.doMock('react', () => ({ ...React, default: React }));
  const { createRoot } = require('react-dom/client') as typeof import('react-dom/client');
  const act = React.act as (run: () => void) => void;
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.useFakeTimers();
  const { createMocks, useIdleTimer, withIdleTimer } = await import('../react-idle-timer.js');
  createMocks();
  expect(React.version).toMatch(/^18\./);

  const onIdle = vi.fn();
  const states: boolean[] = [];
  const App = () => {
    useIdleTimer({ timeout: 60_000, onIdle });
    return null;
  };
  const Wrapped = withIdleTimer(({ isIdle }) => {
    states.push(isIdle());
    return null;
  });
  const root = createRoot(document.createElement('div'));
  act(() => root.render(React.createElement(React.StrictMode, null, React.createElement(App), React.createElement(Wrapped))));
  act(() => vi.advanceTimersByTime(60_000));
  expect([onIdle.mock.calls.length, states.every((idle) => !idle)]).toEqual([1, true]);
  act(() => root.unmount());
  expect(vi.getTimerCount()).toBe(0);
});
