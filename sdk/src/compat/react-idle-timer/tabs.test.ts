// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeChannel } from '../../../test/fake-channel.js';
import { createLocks } from '../../../test/fake-locks.js';
import { createIdleTimer, type IdleTimer } from './idle-timer.js';
import { mainThread, setTimers } from './timers.js';
import type { IIdleTimerProps } from './types.js';

const tabs: IdleTimer[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  setTimers(mainThread());
  vi.stubGlobal('BroadcastChannel', FakeChannel);
  Object.defineProperty(navigator, 'locks', { value: createLocks().client(), configurable: true });
});

afterEach(() => {
  for (const timer of tabs.splice(0)) timer.detach();
  for (const channel of FakeChannel.open) channel.close();
  vi.unstubAllGlobals();
  localStorage.clear();
  vi.useRealTimers();
  Reflect.deleteProperty(navigator, 'locks');
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** One of several tabs with a timer of one minute. */
async function tab(props: IIdleTimerProps = {}) {
  const told: string[] = [];
  const tell = (name: string) => () => void told.push(name);
  let listener: ((event: Event) => void) | undefined;
  const element = {
    addEventListener: (_: string, heard: typeof listener) => (listener = heard),
    removeEventListener: () => (listener = undefined),
  };
  const timer = createIdleTimer({
    timeout: 60_000,
    crossTab: true,
    element: element as unknown as HTMLElement,
    onPrompt: tell('prompt'),
    onIdle: tell('idle'),
    onActive: tell('active'),
    ...props,
  });
  timer.attach();
  tabs.push(timer);
  await pass(0);
  return {
    ...timer.api,
    told,
    detach: timer.detach,
    press: () => listener!({ type: 'keydown', isTrusted: true } as unknown as Event),
  };
}

/** The channel of a tab that was opened last, before it is: a tab that is frozen hears nothing and says nothing. */
function freezeLast() {
  FakeChannel.open.at(-1)!.close();
}

test('Activity in one tab is activity in all, the last of a burst included', async () => {
  const [a, b] = [await tab(), await tab()];
  for (let i = 0; i < 100; i += 1) {
    await pass(900);
    a.press();
  }
  await pass(1000);
  expect(b.getRemainingTime()).toBe(59_000);
  expect([a.told, b.told]).toEqual([[], []]);
});

test('All tabs ask and are idle at the same instant, and all are active when one is', async () => {
  const [a, b] = [await tab({ promptBeforeIdle: 20_000 }), await tab({ promptBeforeIdle: 20_000 })];
  a.press();
  await pass(40_000);
  expect([a.isPrompted(), b.isPrompted()]).toEqual([true, true]);
  b.activate();
  await pass(0);
  expect([a.isPrompted(), a.getRemainingTime()]).toEqual([false, 60_000]);
  await pass(60_000);
  a.press();
  await pass(0);
  const all = ['prompt', 'active', 'prompt', 'idle', 'active'];
  expect([a.told, b.told]).toEqual([all, all]);
});

test('A frozen tab keeps nobody from being idle', async () => {
  const a = await tab();
  await tab();
  freezeLast();
  await pass(60_000);
  expect(a.told).toEqual(['idle']);
});

test('A tab that thaws finds what it missed before it decides', async () => {
  const a = await tab();
  const b = await tab();
  freezeLast();
  await pass(50_000);
  a.press();
  await pass(20_000);
  expect([b.told, b.getRemainingTime()]).toEqual([[], 40_000]);
  await pass(40_000);
  expect([a.told, b.told]).toEqual([['idle'], ['idle']]);
});

test('What a frozen tab hears late was long ago', async () => {
  const a = await tab();
  const at = Date.now();
  await pass(59_000);
  new FakeChannel('nightlatch:idle-timer').postMessage({ type: 'active', at: at + 10_000 });
  await pass(0);
  expect(a.getRemainingTime()).toBe(11_000);
});

test.each([['tomorrow'], [String(8.64e15)]])('A made-up time in storage keeps nobody active: %s', async (value) => {
  const a = await tab();
  localStorage.setItem('nightlatch:idle-timer:seen', value);
  await pass(60_000);
  expect(a.told).toEqual(['idle']);
});

test('A made-up message does nothing', async () => {
  const a = await tab();
  await pass(30_000);
  const channel = new FakeChannel('nightlatch:idle-timer');
  for (const forged of [null, 7, 'active', {}, { type: 'active' }, { type: 'active', at: 'now' }, { type: 'own', at: 0 }]) {
    channel.postMessage(forged);
  }
  await pass(0);
  expect([a.told, a.getRemainingTime()]).toEqual([[], 30_000]);
});

test('Works without storage', async () => {
  vi.stubGlobal('localStorage', undefined);
  const [a, b] = [await tab(), await tab()];
  await pass(30_000);
  a.press();
  await pass(0);
  expect(b.getRemainingTime()).toBe(60_000);
  await pass(60_000);
  expect([a.told, b.told]).toEqual([['idle'], ['idle']]);
});

test('Starting, pausing and resuming happen in every tab, once', async () => {
  const [a, b] = [await tab(), await tab()];
  await pass(20_000);
  a.pause();
  await pass(120_000);
  expect([a.getRemainingTime(), b.getRemainingTime(), b.told]).toEqual([40_000, 40_000, []]);
  b.resume();
  await pass(10_000);
  expect([a.getRemainingTime(), b.getRemainingTime()]).toEqual([30_000, 30_000]);
  a.reset();
  await pass(0);
  expect([b.getRemainingTime(), b.getElapsedTime()]).toEqual([60_000, 0]);
});

test('Timers of other names, and those of this tab alone, are left alone', async () => {
  const [a, b, c] = [await tab(), await tab({ name: 'other' }), await tab({ crossTab: false })];
  await pass(30_000);
  a.press();
  await pass(0);
  expect([b.getRemainingTime(), c.getRemainingTime()]).toEqual([30_000, 30_000]);
  expect([c.getTabId(), c.isLastActiveTab(), c.isLeader()]).toEqual([null, null, null]);
});

test('Messages reach the other tabs, and this one if it wants', async () => {
  const heard: unknown[] = [];
  const onMessage = (tab: string) => (data: unknown) => heard.push([tab, data]);
  const a = await tab({ onMessage: onMessage('a') });
  await tab({ onMessage: onMessage('b') });
  for (const data of ['text', 7, { deep: [1] }]) expect(a.message(data)).toBe(true);
  await pass(0);
  expect(heard).toEqual([['b', 'text'], ['b', 7], ['b', { deep: [1] }]]);
  a.message('both', true);
  await pass(0);
  expect(heard.slice(3)).toEqual([['a', 'both'], ['b', 'both']]);
  expect(a.message(() => {})).toBe(false);
});

test('A page that opens or reloads by itself keeps the others from nothing', async () => {
  const a = await tab();
  for (let i = 0; i < 5; i += 1) {
    await pass(10_000);
    (await tab()).detach();
  }
  expect(a.getRemainingTime()).toBe(10_000);
  await pass(10_000);
  expect(a.told).toEqual(['idle']);
});

test('Knows in which tab the last activity was', async () => {
  const [a, b] = [await tab(), await tab()];
  expect([a.isLastActiveTab(), b.isLastActiveTab()]).toEqual([false, true]);
  a.press();
  await pass(0);
  expect([a.isLastActiveTab(), b.isLastActiveTab()]).toEqual([true, false]);
  expect(a.getTabId()).not.toBe(b.getTabId());
});

test('One tab leads, and another when it closes', async () => {
  vi.useRealTimers();
  setTimers(mainThread());
  const soon = (ready: () => boolean) => vi.waitFor(() => expect(ready()).toBe(true));
  const asked = vi.spyOn(navigator.locks, 'request');
  const options = { crossTab: true, leaderElection: true };
  const [a, b] = [createIdleTimer(options), createIdleTimer(options)];
  a.attach();
  await soon(() => a.api.isLeader() === true);
  b.attach();
  tabs.push(a, b);
  await soon(() => asked.mock.calls.length === 2);
  expect(b.api.isLeader()).toBe(false);
  a.detach();
  await soon(() => b.api.isLeader() === true);
});

test('Asked who leads where nobody was to, it says what is missing', async () => {
  const { isLeader } = await tab();
  expect(isLeader).toThrow('leaderElection');
});

test('A closed tab leaves its last activity behind, and no channel', async () => {
  const [a, b] = [await tab(), await tab()];
  await pass(30_000);
  a.press();
  await pass(500);
  a.press();
  a.detach();
  expect(FakeChannel.open.length).toBe(1);
  await pass(59_000);
  expect(b.told).toEqual([]);
  await pass(1500);
  expect(b.told).toEqual(['idle']);
});

test('Cannot be cached with an open channel: it is closed when the page goes and open again when it comes back', async () => {
  const a = await tab();
  window.dispatchEvent(new Event('pagehide'));
  expect(FakeChannel.open.length).toBe(0);
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect([FakeChannel.open.length, a.getTabId() !== null]).toEqual([1, true]);
});
