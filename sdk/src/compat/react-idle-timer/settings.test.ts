import { expect, test, vi } from 'vitest';
import { DEFAULT_EVENTS, settle } from './settings.js';

test('Has a default for everything, without a page too', () => {
  expect(settle({})).toMatchObject({
    total: 1_200_000,
    prompt: 0,
    element: null,
    events: DEFAULT_EVENTS.join(' '),
    immediateEvents: '',
    eventsThrottle: 200,
    startOnMount: true,
    name: 'idle-timer',
  });
  expect(settle({ timeout: undefined, startOnMount: undefined })).toEqual(settle({}));
});

test('The prompt is before idle or after the timeout', () => {
  vi.spyOn(console, 'warn').mockReturnValue();
  expect(settle({ timeout: 100, promptBeforeIdle: 30 })).toMatchObject({ total: 100, prompt: 30 });
  expect(settle({ timeout: 100, promptTimeout: 30 })).toMatchObject({ total: 130, prompt: 30 });
});

test('Warns once that promptTimeout is deprecated', async () => {
  vi.resetModules();
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  warn.mockClear();
  const fresh = await import('./settings.js');
  fresh.settle({ promptTimeout: 30 });
  fresh.settle({ promptTimeout: 30 });
  expect(warn.mock.calls).toEqual([[expect.stringContaining('promptBeforeIdle')]]);
});

test.each([
  [{ timeout: NaN }],
  [{ timeout: -1 }],
  [{ promptBeforeIdle: NaN }],
  [{ promptBeforeIdle: 10, promptTimeout: 10 }],
  [{ timeout: 10, promptBeforeIdle: 10 }],
  [{ debounce: 10, throttle: 10 }],
])('Refuses %o', (props) => {
  expect(() => settle(props)).toThrow(/^nightlatch: /);
});

test('Immediate events are listened to, each once', () => {
  expect(settle({ events: ['keydown', 'blur'], immediateEvents: ['blur', 'pagehide'] }).events).toBe('keydown blur pagehide');
});
