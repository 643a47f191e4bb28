import { afterAll, expect, test } from 'vitest';
import {
  dialog,
  idleSince,
  outButton,
  pause,
  reasonOf,
  recordDialogs,
  since,
  stayButton,
  times,
  TOLERANCE,
  useStage,
  waitForDialog,
  waitUntilClosed,
  waitUntilOut,
} from './browser.js';

const stage = useStage();
afterAll(() => stage.browser?.close());

const around = (actual: number, wanted: number) => {
  expect(actual).toBeGreaterThan(wanted - TOLERANCE);
  expect(actual).toBeLessThan(wanted + TOLERANCE);
};

test('1: Without input the warning opens at 3 s and the session is over at 6 s', async () => {
  const page = await stage.open();
  const start = await idleSince(page, 6000);
  await waitUntilOut(page);
  const { opened, left } = await times(page);
  around(opened! - start, 3000);
  around(left! - start, 6000);
  expect(reasonOf(page)).toBe('idle');
  expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['idle']);
  expect(stage.errors).toEqual([]);
  expect(stage.diagnostics).toEqual([]);
});

test('2: Moving the mouse does not answer the warning; staying closes it in every tab', async () => {
  const [a, b, c] = [await stage.open(), await stage.open(), await stage.open()];
  await Promise.all([a, b, c].map((page) => waitForDialog(page)));
  const before = await a.evaluate(() => window.nightlatch!.remaining()!);
  for (const start = Date.now(); since(start) < 800; ) {
    await a.mouse.move(20 + since(start) / 10, 30 + since(start) / 8);
    await pause(50);
  }
  expect(await dialog(a).isVisible()).toBe(true);
  expect(await a.evaluate(() => window.nightlatch!.remaining()!)).toBeLessThan(before - 700);
  await stayButton(a).click({ force: true });
  await Promise.all([a, b, c].map((page) => waitUntilClosed(page)));
  const { clicked } = await times(a);
  for (const page of [a, b, c]) expect((await times(page)).closed! - clicked!).toBeLessThan(300);
  expect(await b.evaluate(() => window.nightlatch!.remaining()!)).toBeGreaterThan(5000);
  expect((await stage.server.requests('POST extend')).length).toBe(1);
  expect(await stage.server.ended(stage.handle)).toBe(false);
});

test('3: Signing out in one tab takes all others along', async () => {
  const [a, b, c] = [await stage.open(), await stage.open(), await stage.open()];
  await waitForDialog(a);
  await outButton(a).click({ force: true });
  await Promise.all([a, b, c].map((page) => waitUntilOut(page)));
  const { clicked } = await times(a);
  for (const page of [b, c]) expect((await times(page)).left! - clicked!).toBeLessThan(500);
  expect([a, b, c].map(reasonOf)).toEqual(['user', 'user', 'user']);
  expect(await stage.server.signOuts()).toBe(1);
  expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['user']);
});

test('4: Real input in one tab keeps all tabs quiet', async () => {
  const [b, c, a] = [await stage.open(), await stage.open(), await stage.open()];
  const warned = await Promise.all([a, b, c].map(recordDialogs));
  const start = Date.now();
  for (let i = 0; since(start) < 20_000; i += 1) {
    await a.mouse.move(40 + (i % 40) * 5, 60 + (i % 30) * 4);
    await pause(300);
  }
  expect(await Promise.all(warned.map((was) => was()))).toEqual([false, false, false]);
  const reports = await stage.server.requests('POST activity');
  expect(reports.length).toBeLessThan(25);
  for (const { body } of reports) expect(Object.keys(body).sort()).toEqual(['age_ms', 'path', 'tab', 'visible']);
});

test('6: A page from the back/forward cache knows what time it is', async () => {
  const page = await stage.open();
  await page.evaluate(() => {
    (window as any).shown = [];
    addEventListener('pageshow', (event) => {
      const cover = document.querySelector('nightlatch-warning')!.shadowRoot!.querySelector('dialog.cover') as HTMLDialogElement;
      (window as any).shown.push({ persisted: event.persisted, covered: cover.open });
    });
  });
  await page.goto(stage.server.url('/nightlatch/signed-out'));
  await page.evaluate(() => history.back());
  await page.waitForFunction(() => (window as any).shown?.length === 1);
  expect(await page.evaluate(() => (window as any).shown)).toEqual([{ persisted: true, covered: true }]);
  await page.waitForFunction(() => window.nightlatch!.state.cover === null);
  const left = await page.evaluate(() => window.nightlatch!.remaining()!);
  const start = Date.now();
  expect(left).toBeLessThan(6000);
  await waitUntilOut(page);
  const { opened, left: gone } = await times(page);
  around(opened! - start, left - 3000);
  around(gone! - start, left);
});

test('8: Synthetic events and scripted focus are not a person', async () => {
  const page = await stage.open();
  const start = await idleSince(page, 6000);
  await page.evaluate(() => {
    const [input, button] = [document.querySelector('input')!, document.querySelector('button')!];
    let i = 0;
    setInterval(() => {
      i += 1;
      document.body.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, screenX: i, screenY: i }));
      document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, screenX: i, screenY: i }));
      document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'a' }));
      scrollTo(0, (i % 9) * 20);
      (i % 2 ? input : button).focus();
    }, 200);
  });
  await waitUntilOut(page);
  const { opened, left } = await times(page);
  around(opened! - start, 3000);
  around(left! - start, 6000);
  expect(await stage.server.requests('POST activity')).toEqual([]);
});

/** Sleep, as a page sees it: wall time goes on, nothing runs, the monotonic clock stands still, nothing is pushed. */
async function canSleep() {
  await stage.context.addInitScript(() => {
    Reflect.deleteProperty(window, 'EventSource');
    Reflect.deleteProperty(window, 'Worker');
    let [asleep, offset] = [false, 0];
    const { now } = Date;
    const interval = window.setInterval.bind(window);
    Date.now = () => now() + offset;
    window.setInterval = ((run: () => void, ms: number) => interval(() => asleep || run(), ms)) as typeof setInterval;
    const covered = () => !!document.querySelector('nightlatch-warning')?.shadowRoot?.querySelector('.cover[open]');
    Object.assign(window, {
      sleep: () => void (asleep = true),
      /** Wakes after this long; gives whether the page was covered in the first frame. */
      wake: (ms: number) => {
        offset += ms;
        asleep = false;
        document.dispatchEvent(new Event('visibilitychange'));
        return new Promise<boolean>((resolve) => requestAnimationFrame(() => resolve(covered())));
      },
    });
  });
}

test('9: Waking from sleep covers the page before anything else and shows no dialog', async () => {
  await canSleep();
  const page = await stage.open();
  const warned = await recordDialogs(page);
  await page.evaluate(() => (window as any).sleep());
  await stage.server.end(stage.handle, 'admin');
  await page.route('**/nightlatch/session', async (route) => {
    await pause(500);
    await route.continue();
  });
  expect(await page.evaluate(() => (window as any).wake(3_600_000))).toBe(true);
  await waitUntilOut(page);
  expect(reasonOf(page)).toBe('admin');
  expect(await warned()).toBe(false);
});

test('9: Setting the clock forward only costs a question', async () => {
  await canSleep();
  const page = await stage.open();
  const warned = await recordDialogs(page);
  expect(await page.evaluate(() => (window as any).wake(3_600_000))).toBe(true);
  await page.waitForFunction(() => window.nightlatch!.state.cover === null);
  expect(await stage.server.ended(stage.handle)).toBe(false);
  expect(await page.evaluate(() => window.nightlatch!.remaining()!)).toBeGreaterThan(3000);
  expect(await warned()).toBe(false);
});

test('9: Setting the clock back changes nothing', async () => {
  await canSleep();
  const page = await stage.open();
  const start = await idleSince(page, 6000);
  expect(await page.evaluate(() => (window as any).wake(-3_600_000))).toBe(false);
  await waitUntilOut(page);
  const { opened, left } = await times(page);
  around(opened! - start, 3000);
  around(left! - start, 6000);
});

test('14: Constant activity does not move the absolute limit', async () => {
  await stage.server.setPolicy({ absolute: 10_000 });
  const start = Date.now();
  await stage.server.signIn(stage.context);
  const page = await stage.open();
  let open = true;
  const typing = (async () => {
    for (let i = 0; open; i += 1) {
      await page.mouse.move(10 + (i % 50) * 5, 10).catch(() => {});
      await pause(200);
    }
  })();
  await waitForDialog(page);
  expect(await dialog(page).textContent()).toContain('maximum session length');
  expect(await stayButton(page).isVisible()).toBe(false);
  expect(await outButton(page).evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button)).toBe(true);
  await waitUntilOut(page);
  open = false;
  await typing;
  const { opened, left } = await times(page);
  around(opened! - start, 7000);
  around(left! - start, 10_000);
  expect(reasonOf(page)).toBe('absolute');
});

test('15: A lost answer is told, repeated, and not pretended', async () => {
  const page = await stage.open();
  let lost = 0;
  await page.route('**/nightlatch/extend', (route) => (lost++ < 2 ? route.abort() : route.continue()));
  await waitForDialog(page);
  await stayButton(page).click();
  await page.getByText('cannot be reached').waitFor({ state: 'visible' });
  expect(await dialog(page).isVisible()).toBe(true);
  await waitUntilClosed(page);
  expect(lost).toBe(3);
  expect(await page.evaluate(() => window.nightlatch!.remaining()!)).toBeGreaterThan(5000);
});

test('18: Five tabs reach zero together and the server sees one sign-out', async () => {
  const pages = [];
  for (let i = 0; i < 5; i += 1) pages.push(await stage.open());
  await Promise.all(pages.map((page) => waitUntilOut(page)));
  expect(pages.map(reasonOf)).toEqual(Array(5).fill('idle'));
  for (const page of pages) expect(await page.textContent('h1')).toMatch(/signed out/);
  expect(await stage.server.signOuts()).toBe(1);
  expect((await stage.server.audit()).length).toBe(1);
  expect(stage.errors).toEqual([]);
});
