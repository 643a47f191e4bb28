import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { click, errors, lastly, pause, reasonOf, remaining, state, type, waitFor, within, waitForWarning, waitUntilClosed, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

/** A warning that is long enough to be answered by a slow machine. */
const answerable = { idle: 9000, warnBefore: 6000 };

scenario('An end from outside reaches every tab and window within a second', { policy: { idle: 30_000 } }, async (stage) => {
  const tabs = [await stage.open(), await stage.open('/', 'window'), await stage.open()];
  await expect.poll(async () => (await stage.server.requests('GET events')).length).toBeGreaterThan(0);
  const ended = Date.now();
  await stage.server.end(stage.handle, 'admin');
  for (const tab of tabs) await waitUntilOut(tab);
  for (const tab of tabs) {
    within(1000, ended, await lastly(tab, 'left'));
    expect(await reasonOf(tab)).toBe('admin');
  }
  expect(await stage.server.signOuts()).toBeLessThanOrEqual(1);
});

scenario('Staying in one window closes the warning in the other', { policy: answerable }, async (stage) => {
  const [a, b] = [await stage.open('/', 'window'), await stage.open('/', 'window')];
  await waitForWarning(a);
  await waitForWarning(b);
  await click(b, 'stay');
  await waitUntilClosed(a);
  within(300, await lastly(b, 'clicked'), await lastly(a, 'closed'));
});

/** Two tabs, the first of which keeps the stream: of two that begin together either may. */
async function openLeaderAndOther(stage: Stage): Promise<[leader: Tab, other: Tab]> {
  const leader = await stage.open();
  await streamsOpened(stage, 1);
  return [leader, await stage.open()];
}
const streamsOpened = (stage: Stage, count: number) =>
  expect.poll(async () => (await stage.server.requests('GET events')).length).toBe(count);

scenario('One tab keeps the stream for all, and another one takes it over', { policy: { idle: 20_000 } }, async (stage) => {
  const [a, b] = await openLeaderAndOther(stage);
  await pause(500);
  await streamsOpened(stage, 1);
  await a.close();
  await streamsOpened(stage, 2);
  await stage.server.end(stage.handle, 'admin');
  await waitUntilOut(b);
});

scenario('A tab that crashes takes nothing with it, and opened again it knows how things stand', { needs: ['crash'], policy: { idle: 20_000 } }, async (stage) => {
  const [a, b] = await openLeaderAndOther(stage);
  const before = await remaining(b);
  await a.crash();
  await streamsOpened(stage, 2);
  const again = await stage.open();
  expect(await remaining(again)).toBeLessThan(before);
  await stage.server.end(stage.handle, 'admin');
  await waitUntilOut(b);
  await waitUntilOut(again);
});

scenario('16: A shorter policy acts in every tab within a second', { policy: { idle: 30_000, warnBefore: 5000 }, changesPolicy: true }, async (stage) => {
  const tabs = await stage.openAll('/', '/');
  await waitFor(tabs[0]!, () => window.nightlatch!.remaining()! < 28_500);
  const changed = Date.now();
  await stage.server.setPolicy({ idle: 6000 });
  for (const tab of tabs) await waitForWarning(tab);
  for (const tab of tabs) {
    within(1000, changed, await lastly(tab, 'opened'));
    expect(await remaining(tab)).toBeLessThan(5000);
  }
});

scenario('Forged messages make tabs ask, and never lengthen or leak', { policy: { idle: 9000 } }, async (stage) => {
  stage.server.application.inject(() => {
    const names: string[] = ((window as any).channels = []);
    window.BroadcastChannel = class extends BroadcastChannel {
      constructor(name: string) {
        super(name);
        names.push(name);
      }
    };
  });
  const tab = await stage.open();
  const forger = await stage.open('/public');
  await forger.evaluate(() => window.nightlatch!.stop());
  await forger.evaluate(() => {
    const channel = new BroadcastChannel((window as any).channels[0]);
    const heard: unknown[] = ((window as any).heard = []);
    channel.onmessage = (event) => heard.push(event.data);
    for (const message of [null, 1, { type: 'extended', remaining: 1e9 }, { type: 'look', idle_remaining_ms: 1e9 }, { type: 'beat' }, 'extended 1000000', 'look 1000000', 'active']) {
      channel.postMessage(message);
    }
    channel.postMessage({ type: 'ended', reason: 'user' });
    channel.postMessage('ended user');
  });
  const asked = async () => (await stage.server.requests('POST session')).length;
  const before = await asked();
  await pause(1000);
  expect(await asked()).toBeGreaterThanOrEqual(before);
  expect(await tab.evaluate(() => location.pathname)).toBe('/');
  expect(await state(tab)).toMatchObject({ phase: 'active', cover: null });
  expect(await remaining(tab)).toBeLessThan(9000);
  expect(await stage.server.requests('POST activity')).toEqual([]);
  expect(await forger.evaluate(() => JSON.stringify((window as any).heard))).not.toContain(stage.handle);
  await waitUntilOut(tab);
});

scenario('Tells which pages are open, and nothing of what is behind the question mark', async (stage) => {
  const told = async () => [...new Set((await stage.server.requests('POST session')).map(({ body }) => body.path))];
  const tab = await stage.open('/other?secret=1');
  await tab.evaluate(() => history.pushState(null, '', '/billing?card=4'));
  await expect.poll(told).toEqual(['/other', '/billing']);
  await tab.evaluate(() => history.replaceState(null, '', '/billing?card=5'));
  await pause(600);
  expect(await told()).toEqual(['/other', '/billing']);
  expect(new Set((await stage.server.requests('POST session')).map(({ body }) => body.tab)).size).toBe(1);
  expect(JSON.stringify(stage.server.application.calls.map(({ route, body }) => [route, body]))).not.toMatch(/secret|card/);
  await tab.goto(stage.server.url('/blank'));
  await expect.poll(async () => (await stage.server.requests('DELETE tab')).length).toBe(1);
});

scenario('A public page without a session is left in peace, one that requires a session leaves', { signedOut: true }, async (stage) => {
  const tab = await stage.open('/public');
  expect(await state(tab)).toMatchObject({ phase: 'ended', reason: 'none', cover: null });
  expect(await errors(tab)).toEqual([]);
  await tab.goto(stage.server.url('/required'));
  await waitUntilOut(tab);
  expect(await errors(tab)).toEqual([]);
});

scenario('Another person who signs in elsewhere does not get to see this page', async (stage) => {
  const tab = await stage.open();
  await tab.evaluate(() => ((window as any).mark = true));
  // Late enough to be there still when the first person's time is up.
  await waitFor(tab, () => window.nightlatch!.remaining()! < 3500);
  await stage.server.signIn(stage.profile, 'eve');
  await waitFor(tab, () => !(window as any).mark && ['active', 'warning'].includes(window.nightlatch?.state.phase ?? ''));
  expect(await tab.evaluate(async () => (await (await fetch('/nightlatch/session')).json()).subject)).toBe('eve');
  expect(await stage.server.signOuts()).toBe(0);
});

scenario('A page whose cookie is gone leaves at the next sign of a person; the session goes on', { policy: { idle: 20_000 } }, async (stage) => {
  const tab = await stage.open();
  await stage.profile.clearCookies();
  await type(tab, 'more');
  await waitUntilOut(tab);
  expect(await reasonOf(tab)).toBe('none');
  expect(await stage.server.ended(stage.handle)).toBe(false);
  expect(await errors(tab)).toEqual([]);
});

scenario('19: Emptied storage is no trouble', async (stage) => {
  const [a, b] = await stage.openAll('/', '/');
  await a.evaluate(() => localStorage.clear());
  await b.evaluate(() => localStorage.clear());
  await a.evaluate(() => void window.nightlatch!.signOut());
  for (const tab of [a, b]) {
    await waitUntilOut(tab);
    expect(await reasonOf(tab)).toBe('user');
    expect(await errors(tab)).toEqual([]);
  }
});

const withoutStorage = () => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError'); } });
const withoutChannel = () => Object.defineProperty(window, 'BroadcastChannel', { get: () => { throw new DOMException('denied', 'SecurityError'); } });

for (const [what, denials] of [
  ['storage', [withoutStorage]],
  ['channels', [withoutChannel]],
] as const) {
  scenario(`19: Without ${what} staying and leaving still reach the other tab`, { policy: answerable }, async (stage) => {
    for (const deny of denials) stage.server.application.inject(deny);
    const [b, a] = await stage.openAll('/', '/');
    await waitForWarning(a);
    await waitForWarning(b);
    await click(a, 'stay');
    await waitUntilClosed(a);
    await waitUntilClosed(b);
    await a.evaluate(() => void window.nightlatch!.signOut());
    for (const tab of [a, b]) {
      await waitUntilOut(tab);
      expect(await reasonOf(tab)).toBe('user');
      expect(await errors(tab)).toEqual([]);
    }
  });
}

scenario('19: Without storage and channels a tab asks the server by itself', { policy: { idle: 60_000 } }, async (stage) => {
  for (const deny of [withoutStorage, withoutChannel]) stage.server.application.inject(deny);
  const [b, a] = await stage.openAll('/', '/');
  await a.evaluate(() => void window.nightlatch!.signOut());
  for (const tab of [a, b]) {
    await waitUntilOut(tab, 20_000);
    // Whoever was not told finds the cookie gone, and is told by the server.
    expect(await reasonOf(tab)).toBe('user');
    expect(await errors(tab)).toEqual([]);
  }
});
