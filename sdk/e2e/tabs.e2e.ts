import { afterAll, describe, expect, test } from 'vitest';
import {
  pause,
  reasonOf,
  recordDialogs,
  stayButton,
  times,
  unsettled,
  useStage,
  waitForDialog,
  waitUntilClosed,
  waitUntilOut,
} from './browser.js';

const stage = useStage();
afterAll(() => stage.browser?.close());

test('An end from outside reaches every tab at once', async () => {
  const pages = [await stage.open(), await stage.open(), await stage.open()];
  await pause(500);
  const ended = Date.now();
  await stage.server.end(stage.handle, 'admin');
  await Promise.all(pages.map((page) => waitUntilOut(page)));
  for (const page of pages) expect((await times(page)).left! - ended).toBeLessThan(1000);
  expect(pages.map(reasonOf)).toEqual(['admin', 'admin', 'admin']);
  expect(await stage.server.signOuts()).toBeLessThanOrEqual(1);
});

test('One tab keeps the stream for all, and another one takes it over', async () => {
  const [a, b] = [await stage.open(), await stage.open()];
  await pause(700);
  expect((await stage.server.requests('GET events')).length).toBe(1);
  await a.close();
  await pause(1000);
  expect((await stage.server.requests('GET events')).length).toBe(2);
  await stage.server.end(stage.handle, 'admin');
  await waitUntilOut(b);
});

test('A shorter policy acts in every tab within a second', async () => {
  await stage.server.setPolicy({ idle: 60_000 });
  const pages = [await stage.open(), await stage.open()];
  await pause(500);
  await stage.server.setPolicy({ idle: 6000 });
  await pause(1000);
  for (const page of pages) expect(await page.evaluate(() => window.nightlatch!.remaining()!)).toBeLessThan(6000);
});

test('Forged messages make tabs ask, and never lengthen or leak', async () => {
  const page = await stage.open();
  const forger = await stage.context.newPage();
  await forger.goto(stage.server.url('/public'));
  await forger.evaluate(() => window.nightlatch!.stop());
  const heard = await forger.evaluate(async () => {
    const channel = new BroadcastChannel(`${location.origin}/nightlatch/`);
    const heard: unknown[] = [];
    channel.onmessage = (event) => heard.push(event.data);
    for (const message of [null, 1, { type: 'extended', remaining: 1e9 }, 'extended 1000000', 'look 1000000', 'reported', 'beat']) {
      channel.postMessage(message);
    }
    channel.postMessage('ended user');
    await new Promise((resolve) => setTimeout(resolve, 1000)); // tidy: sleeps because nothing may happen in this time
    return heard;
  });
  expect(page.url()).toBe(stage.server.url('/'));
  expect(await page.evaluate(() => window.nightlatch!.state)).toMatchObject({ phase: 'active', cover: null });
  expect(await page.evaluate(() => window.nightlatch!.remaining()!)).toBeLessThan(6000);
  expect(await stage.server.requests('POST activity')).toEqual([]);
  expect(JSON.stringify(heard)).not.toContain(stage.handle);
  await waitUntilOut(page);
});

test('Tells which pages are open', async () => {
  const page = await stage.open('/other?secret=1');
  await page.evaluate(() => history.pushState(null, '', '/billing?card=4'));
  await pause(600);
  await page.evaluate(() => history.replaceState(null, '', '/billing?card=5'));
  await pause(600);
  const tabs = await stage.server.requests('POST tab');
  expect(tabs.map(({ body }) => body.path)).toEqual(['/other', '/billing']);
  expect(new Set(tabs.map(({ body }) => body.tab)).size).toBe(1);
  await page.goto(stage.server.url('/nightlatch/signed-out'));
  await pause(300);
  expect((await stage.server.requests('DELETE tab')).length).toBe(1);
});

test('A public page without a session is left in peace, one that requires a session leaves', async () => {
  await stage.context.clearCookies();
  const page = await stage.context.newPage();
  await page.goto(stage.server.url('/public'));
  await page.waitForFunction(() => window.nightlatch?.state.phase === 'ended');
  expect(await page.evaluate(() => window.nightlatch!.state)).toMatchObject({ reason: 'none', cover: null });
  await page.goto(stage.server.url('/required'));
  await waitUntilOut(page);
  expect(stage.errors).toEqual([]);
});

test.skipIf(unsettled)('Another person who signs in elsewhere does not get to see this page', async () => {
  const page = await stage.open();
  await page.evaluate(() => ((window as any).mark = true));
  await stage.server.signIn(stage.context, 'eve');
  await page.waitForFunction(() => !(window as any).mark && ['active', 'warning'].includes(window.nightlatch?.state.phase ?? ''), undefined, { timeout: 8000 });
  expect(await stage.server.signOuts()).toBe(0);
});

test('A hold keeps the warning away until the work is done', async () => {
  const page = await stage.open();
  const warned = await recordDialogs(page);
  await page.evaluate(() => {
    void window.nightlatch!.withHold(new Promise((resolve) => setTimeout(resolve, 7000)), { label: 'upload' }); // tidy: sleeps because the work that is held takes this long
  });
  await pause(7000);
  expect(await warned()).toBe(false);
  await waitForDialog(page);
  await waitUntilOut(page);
});

describe('without', () => {
  const deny = (what: string) =>
    stage.context.addInitScript((name) => {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    }, what);

  for (const what of ['localStorage', 'BroadcastChannel']) {
    test(`${what}, staying and leaving still reach the other tab`, async () => {
      await deny(what);
      const [a, b] = [await stage.open(), await stage.open()];
      await Promise.all([waitForDialog(a), waitForDialog(b)]);
      await stayButton(a).click();
      await Promise.all([waitUntilClosed(a, 1500), waitUntilClosed(b, 1500)]);
      await a.evaluate(() => void window.nightlatch!.signOut());
      await Promise.all([waitUntilOut(a, 1500), waitUntilOut(b, 1500)]);
      expect(stage.errors).toEqual([]);
    });
  }

  test('both, the server still reaches the other tab', async () => {
    await deny('localStorage');
    await deny('BroadcastChannel');
    const [a, b] = [await stage.open(), await stage.open()];
    await a.evaluate(() => void window.nightlatch!.signOut());
    await Promise.all([waitUntilOut(a, 1500), waitUntilOut(b, 1500)]);
    expect(stage.errors).toEqual([]);
  });
});
