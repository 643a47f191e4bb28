import { describe, expect, test } from 'vitest';
import { readLimits, type AutoLogoutConfig } from './limits.js';

const standard = [60, 10, true, true, true];

/** Reads like Backstage's `Config`, which turns text into what is asked for. */
const reader = (values: Record<string, unknown>): AutoLogoutConfig => ({
  getOptionalNumber: (key) => (values[key] === undefined ? undefined : Number(values[key])),
  getOptionalBoolean: (key) => (values[key] === undefined ? undefined : values[key] === true || values[key] === 'true'),
});

test('The defaults are the documented ones', () => {
  expect(readLimits({})).toEqual(standard);
  expect(readLimits({ config: {} })).toEqual(standard);
  expect(readLimits({ config: reader({}) })).toEqual(standard);
});

test('Properties beat the defaults', () => {
  const given = { idleTimeoutMinutes: 30, promptBeforeIdleSeconds: 0, useWorkerTimers: false, logoutIfDisconnected: false, enabled: false };
  expect(readLimits(given)).toEqual([30, 0, false, false, false]);
});

describe.each<[string, AutoLogoutConfig]>([
  ['as Backstage hands it out', reader({ 'auth.autologout.idleTimeoutMinutes': '5', 'auth.autologout.enabled': 'false' })],
  ['as a plain object', { auth: { autologout: { idleTimeoutMinutes: 5, enabled: false } } }],
  ['as its part for this', { idleTimeoutMinutes: 5, enabled: false }],
])('Configuration %s', (_, config) => {
  test('beats properties one by one', () => {
    expect(readLimits({ config, idleTimeoutMinutes: 30, enabled: true, promptBeforeIdleSeconds: 20 })).toEqual([5, 20, true, true, false]);
  });
});

test('What configuration leaves out is no value', () => {
  expect(readLimits({ config: { auth: {} }, idleTimeoutMinutes: 30 })[0]).toBe(30);
  expect(readLimits({ config: { idleTimeoutMinutes: undefined }, idleTimeoutMinutes: 30 })[0]).toBe(30);
});

test('The ends of the ranges are allowed', () => {
  expect(readLimits({ idleTimeoutMinutes: 0.5, promptBeforeIdleSeconds: 29 }).slice(0, 2)).toEqual([0.5, 29]);
  expect(readLimits({ idleTimeoutMinutes: 1e6, promptBeforeIdleSeconds: 0 }).slice(0, 2)).toEqual([1e6, 0]);
});

test.each<[object, string]>([
  [{ idleTimeoutMinutes: 0.4 }, 'idleTimeoutMinutes is number 0.4; set it or auth.autologout.idleTimeoutMinutes to 0.5…1000000'],
  [{ idleTimeoutMinutes: -1 }, 'idleTimeoutMinutes is number -1;'],
  [{ idleTimeoutMinutes: NaN }, 'idleTimeoutMinutes is number NaN;'],
  [{ idleTimeoutMinutes: Infinity }, 'idleTimeoutMinutes is number Infinity;'],
  [{ idleTimeoutMinutes: true }, 'idleTimeoutMinutes is boolean true;'],
  [{ promptBeforeIdleSeconds: -1 }, 'promptBeforeIdleSeconds is number -1; set it or auth.autologout.promptBeforeIdleSeconds to 0…3599'],
  [{ idleTimeoutMinutes: 0.5, promptBeforeIdleSeconds: 30 }, 'promptBeforeIdleSeconds is number 30; set it or auth.autologout.promptBeforeIdleSeconds to 0…29'],
  [{ useWorkerTimers: 'yes' }, 'useWorkerTimers is string yes; set it or auth.autologout.useWorkerTimers to false…true'],
  [{ logoutIfDisconnected: 1 }, 'logoutIfDisconnected is number 1;'],
  [{ config: { enabled: 'false' } }, 'enabled is string false;'],
  [{ enabled: false, config: { auth: { autologout: { idleTimeoutMinutes: 0 } } } }, 'idleTimeoutMinutes is number 0;'],
])('%o is an error that says what is allowed', (given, message) => {
  expect(() => readLimits(given)).toThrow(`AutoLogout: ${message}`);
});
