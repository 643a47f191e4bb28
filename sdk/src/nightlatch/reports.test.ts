import { expect, test } from 'vitest';
import { settled } from '../../test/fake-origin.js';
import { origin } from '../../test/session-origin.js';
import type { Scope } from '../call/call.js';
import type { Nightlatch } from './contract.js';

test('Reports at most every five seconds over all tabs, ages only, and nothing warns meanwhile', async () => {
  const { tab, pass, made, now } = origin({ idle: 60_000, warn: 10_000 });
  const [a, b] = [await tab('/a'), await tab('/b')];
  const at: number[] = [];
  for (let i = 0; i < 80; i += 1) {
    (i % 2 ? a : b).press();
    await settled();
    while (at.length < made('POST activity').length) at.push(now());
    await pass(250);
  }
  expect(at.length).toBeGreaterThanOrEqual(4);
  for (let i = 1; i < at.length; i += 1) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(4900);
  for (const { body } of made('POST activity')) {
    expect(Object.keys(body).sort()).toEqual(['age_ms', 'path', 'tab']);
    expect(body.age_ms).toBeLessThan(5000);
  }
  expect([a, b].map((t) => t.nightlatch.state.phase)).toEqual(['active', 'active']);
});

test('Of two tabs with input to report only the one with the freshest does', async () => {
  const { tab, pass, made } = origin({ idle: 60_000, warn: 10_000 });
  const [a, b] = [await tab('/a'), await tab('/b')];
  a.press();
  await settled();
  a.press();
  await pass(2000);
  b.press();
  await pass(10_000);
  expect(made('POST activity').map(({ body }) => body.path)).toEqual(['/a', '/b']);
});

test('Of two tabs with input at the same time the one that reported before goes on reporting', async () => {
  const { tab, pass, made } = origin({ idle: 60_000, warn: 10_000 });
  const [a, b] = [await tab('/a'), await tab('/b')];
  for (let i = 0; i < 400; i += 1) {
    // The other one is always a little sooner from now on.
    for (const { press } of i ? [b, a] : [a, b]) press();
    await pass(50);
  }
  expect(made('POST activity').map(({ body }) => body.path)).toEqual(['/a', '/a', '/a', '/a']);
});

test('A short policy never warns a person who is there', async () => {
  const { tab, pass } = origin();
  const [a, b] = [await tab(), await tab()];
  for (let i = 0; i < 40; i += 1) {
    a.press();
    await pass(500);
    expect([a.nightlatch.state.phase, b.nightlatch.state.phase]).toEqual(['active', 'active']);
  }
});

test('Input just before the warning is told before the warning is shown', async () => {
  const { tab, pass, made } = origin();
  const { nightlatch, press } = await tab();
  press();
  await pass(900);
  press();
  await pass(2200);
  expect(made('POST activity').map((r) => r.body.age_ms <= 1000)).toEqual([true, true]);
  expect(nightlatch.state.phase).toBe('active');
});

/** When tabs warn and are covered, from here on. */
function noting(tabs: { nightlatch: Nightlatch }[], now: () => number) {
  return tabs.map(({ nightlatch }) => {
    const at: Record<string, number> = {};
    nightlatch.subscribe(({ state }) => (at[state.cover ?? state.phase] ??= now()));
    return at;
  });
}

/** Answers take so long on their way back; or never come. */
function delay({ scope }: { scope: Scope }, ms: number): void {
  const { fetch } = scope;
  scope.fetch = async (...request) => {
    if (ms === Infinity) return new Promise(() => {});
    const answer = await fetch(...request);
    return new Promise((resolve) => {
      scope.setTimeout(resolve, ms, answer);
    });
  };
}

test('Input in one tab keeps all of them from warning for as long as its report may be on its way, and from no end', async () => {
  for (const [presses, warns] of [[false, 3500], [true, 5000]] as const) {
    const { tab, pass, now } = origin();
    const tabs = [await tab(), await tab(), await tab()];
    await pass(2500);
    for (const one of tabs) delay(one, Infinity);
    if (presses) tabs[0]!.press();
    const noted = noting(tabs, now);
    await pass(5000);
    for (const { warning, checking } of noted) {
      expect(Math.abs(warning! - warns)).toBeLessThan(300);
      expect(Math.abs(checking! - 6000)).toBeLessThan(300);
    }
  }
});

test('However slow its answers are, a person in one tab is warned in none', async () => {
  const { tab, pass, now } = origin();
  const tabs = [await tab(), await tab()];
  for (const one of tabs) delay(one, 1500);
  const noted = noting(tabs, now);
  for (let i = 0; i < 100; i += 1) {
    tabs[0]!.press();
    await pass(200);
  }
  expect(noted.flatMap((at) => Object.keys(at)).filter((what) => what !== 'active')).toEqual([]);
});

test('What another tab said of input while this one slept is old', async () => {
  const { tab, pass, now, channels } = origin();
  const slept = await tab();
  await pass(2000);
  slept.page.dispatchEvent(new Event('freeze'));
  channels.find(({ onmessage }) => onmessage)!.onmessage!({ data: 'active' });
  slept.page.dispatchEvent(new Event('resume'));
  await settled();
  delay(slept, Infinity);
  const [at] = noting([slept], now);
  await pass(2000);
  expect(Math.abs(at!['warning']! - 3500)).toBeLessThan(300);
});

test('Input is reported at once, whatever else is being asked', async () => {
  const { tab, pass, made } = origin();
  const slow = await tab();
  delay(slow, 1000);
  slow.nightlatch.recheck();
  for (let i = 0; i < 5; i += 1) {
    slow.press();
    await pass(50);
  }
  expect(made('POST activity').length).toBe(1);
});

test('A report that was lost is made again', async () => {
  const { tab, pass, server, made } = origin();
  const { press, nightlatch } = await tab();
  await pass(2000);
  server.reachable = false;
  press();
  await settled();
  server.reachable = true;
  await pass(1000);
  expect(made('POST activity').map(({ body }) => body.age_ms < 1000)).toEqual([true, true]);
  expect(nightlatch.remaining()).toBeGreaterThan(4500);
});

test('Near the absolute limit input that waits to be reported makes nobody ask without end', async () => {
  const { tab, pass, requests } = origin({ absolute: 10_000 });
  const { press } = await tab();
  for (let i = 0; i < 30; i += 1) {
    press();
    await pass(250);
  }
  expect(requests.length).toBeLessThan(20);
});
