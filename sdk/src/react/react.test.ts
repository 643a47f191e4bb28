// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/react';
import { createElement, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AutoLogout, nightlatch, useSession, type AutoLogoutConfig, type AutoLogoutProps } from '../react.js';
import { standalone } from '../standalone/standalone.js';

vi.mock('../standalone/standalone.js', () => ({ standalone: vi.fn() }));
// What jsdom cannot do: dialogs and style sheets.
const running = vi.hoisted(() => new Set<object>());
vi.mock('../element.js', () => ({
  guard(session: object) {
    running.add(session);
    return () => running.delete(session);
  },
}));

afterEach(cleanup);

/** The limits that a stand-alone session is given, undefined if there is none. */
function limits(props: AutoLogoutProps) {
  vi.mocked(standalone).mockClear();
  const { unmount } = render(createElement(AutoLogout, { standalone: true, ...props }));
  unmount();
  return vi.mocked(standalone).mock.calls[0]?.[0];
}

const standard = { idle: 3_600_000, warnBefore: 10_000, absent: 'count' };

/** Reads like Backstage's `Config`, which turns text into what is asked for. */
const reader = (values: Record<string, unknown>): AutoLogoutConfig => ({
  getOptionalNumber: (key) => (values[key] === undefined ? undefined : Number(values[key])),
  getOptionalBoolean: (key) => (values[key] === undefined ? undefined : values[key] === true || values[key] === 'true'),
});

test('The defaults are the documented ones', () => {
  expect(limits({})).toEqual(standard);
  expect(limits({ config: {} })).toEqual(standard);
  expect(limits({ config: reader({}) })).toEqual(standard);
});

test('Properties beat the defaults', () => {
  expect(limits({ idleTimeoutMinutes: 30, promptBeforeIdleSeconds: 0, logoutIfDisconnected: false })).toEqual({
    idle: 1_800_000,
    warnBefore: 0,
    absent: 'pause',
  });
  expect(limits({ enabled: false })).toBeUndefined();
});

describe.each<[string, AutoLogoutConfig]>([
  ['as Backstage hands it out', reader({ 'auth.autologout.idleTimeoutMinutes': '5', 'auth.autologout.logoutIfDisconnected': 'false' })],
  ['as a plain object', { auth: { autologout: { idleTimeoutMinutes: 5, logoutIfDisconnected: false } } }],
  ['as its part for this', { idleTimeoutMinutes: 5, logoutIfDisconnected: false }],
])('Configuration %s', (_, config) => {
  test('beats properties one by one', () => {
    expect(limits({ config, idleTimeoutMinutes: 30, logoutIfDisconnected: true, promptBeforeIdleSeconds: 20 })).toEqual({
      idle: 300_000,
      warnBefore: 20_000,
      absent: 'pause',
    });
  });
});

test('What configuration leaves out is no value', () => {
  expect(limits({ config: { auth: {} }, idleTimeoutMinutes: 30 })).toMatchObject({ idle: 1_800_000 });
  expect(limits({ config: { idleTimeoutMinutes: undefined }, idleTimeoutMinutes: 30 })).toMatchObject({ idle: 1_800_000 });
});

test('The ends of the ranges are allowed', () => {
  expect(limits({ idleTimeoutMinutes: 0.5, promptBeforeIdleSeconds: 29 })).toMatchObject({ idle: 30_000, warnBefore: 29_000 });
  expect(limits({ idleTimeoutMinutes: 1e6, promptBeforeIdleSeconds: 0 })).toMatchObject({ idle: 60_000_000_000, warnBefore: 0 });
});

test('Runs once over renders with other functions, and again with other limits', () => {
  const element = (onSignOut: () => void, idleTimeoutMinutes = 30) =>
    createElement(StrictMode, null, createElement(AutoLogout, { standalone: true, onSignOut, idleTimeoutMinutes }));
  vi.mocked(standalone).mockClear();
  const { rerender, unmount } = render(element(() => {}));
  // StrictMode mounts twice.
  expect(standalone).toHaveBeenCalledTimes(2);
  rerender(element(() => {}));
  expect(standalone).toHaveBeenCalledTimes(2);
  expect([...running]).toEqual([nightlatch]);
  rerender(element(() => {}, 15));
  expect(standalone).toHaveBeenCalledTimes(3);
  unmount();
  expect(running.size).toBe(0);
});

test.each([{}, { onSignOut() {} }, { standalone: false }])('Unless it is asked for, nothing stands in for the server (%o)', (props) => {
  vi.mocked(standalone).mockClear();
  render(createElement(AutoLogout, { idleTimeoutMinutes: 30, ...props }));
  expect(standalone).not.toHaveBeenCalled();
  expect([...running]).toEqual([nightlatch]);
});

test.each<[object, string]>([
  [{ idleTimeoutMinutes: 0.4 }, 'idleTimeoutMinutes is number 0.4; set it to 0.5…1000000'],
  [{ idleTimeoutMinutes: -1 }, 'idleTimeoutMinutes is number -1;'],
  [{ idleTimeoutMinutes: NaN }, 'idleTimeoutMinutes is number NaN;'],
  [{ idleTimeoutMinutes: Infinity }, 'idleTimeoutMinutes is number Infinity;'],
  [{ idleTimeoutMinutes: true }, 'idleTimeoutMinutes is boolean true;'],
  [{ promptBeforeIdleSeconds: -1 }, 'promptBeforeIdleSeconds is number -1; set it to 0…3599'],
  [{ idleTimeoutMinutes: 0.5, promptBeforeIdleSeconds: 30 }, 'promptBeforeIdleSeconds is number 30; set it to 0…29'],
  [{ useWorkerTimers: 'yes' }, 'useWorkerTimers is string yes; set it to false…true'],
  [{ logoutIfDisconnected: 1 }, 'logoutIfDisconnected is number 1;'],
  [{ config: { enabled: 'false' } }, 'enabled is string false;'],
  [{ enabled: false, config: { auth: { autologout: { idleTimeoutMinutes: 0 } } } }, 'idleTimeoutMinutes is number 0;'],
])('%o is an error that says what is allowed', (given, message) => {
  expect(() => renderToString(createElement(AutoLogout, given))).toThrow(message);
});

test('Renders nothing on a server, where the session is unknown and can be asked in vain', () => {
  const Show = () => {
    const { phase, remaining } = useSession({ ticks: true });
    return createElement('p', null, `${phase} ${remaining()}`, createElement(AutoLogout));
  };
  expect(renderToString(createElement(Show))).toBe('<p>unknown null</p>');
});
