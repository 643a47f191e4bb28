import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import {
  dialog,
  outButton,
  pause,
  stayButton,
  useStage,
  waitForDialog,
  waitUntilClosed,
  waitUntilOut,
} from './browser.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
// Some seconds before the warning, so that the focus is where a test puts it when the dialog opens.
const stage = useStage({ policy: { idle: 11_000, warnBefore: 7000 } });
afterAll(() => stage.browser?.close());

/** Rules that the page breaks, as axe-core sees them. */
async function violations(page: Page): Promise<string[]> {
  // The page forbids nothing here, so that axe can be put in.
  await page.addScriptTag({ path: axe });
  return page.evaluate(async () => {
    const { violations } = await (window as any).axe.run();
    return violations.map((v: any) => `${v.id}: ${v.nodes.map((n: any) => n.target + ' ' + n.failureSummary).join(' | ')}`);
  });
}

/** Puts the focus there with all the time there is until the warning, however long the page took to load. */
async function focusOn(page: Page, selector: string): Promise<void> {
  await page.evaluate(() => window.nightlatch!.extend());
  await waitUntilClosed(page);
  await page.locator(selector).focus();
}

const focusedName = (page: Page) =>
  page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent ?? document.activeElement?.id);

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe-core finds nothing in the warning and the cover, ${colorScheme}`, async () => {
    const page = await stage.open();
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await waitForDialog(page);
    expect(await violations(page)).toEqual([]);
    await stage.context.setOffline(true);
    await page.waitForFunction(() => window.nightlatch!.state.cover === 'offline', undefined, { timeout: 15_000 });
    expect(await violations(page)).toEqual([]);
  });
}

test('Is a named, described, modal alert with the focus on the way to stay', async () => {
  const page = await stage.open();
  await focusOn(page, 'input');
  await waitForDialog(page);
  const box = dialog(page);
  expect(await box.getAttribute('aria-modal')).toBe('true');
  expect(await page.getByRole('alertdialog', { name: 'Are you still there?' }).count()).toBe(1);
  expect(await focusedName(page)).toBe('Stay signed in');
  const seen = [];
  for (let i = 0; i < 4; i += 1) {
    await page.keyboard.press('Tab');
    seen.push(await focusedName(page));
  }
  expect(seen.filter((name) => name === 'Elsewhere' || name === 'other')).toEqual([]);
  expect(seen).toContain('Sign out now');
  for (const button of [stayButton(page), outButton(page)]) {
    expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  }
});

test('Escape stays signed in, however often, and the focus goes back', async () => {
  const page = await stage.open();
  await focusOn(page, '#other');
  expect(await focusedName(page)).toBe('other');
  for (let round = 1; round <= 2; round += 1) {
    await waitForDialog(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await waitUntilClosed(page);
    expect((await stage.server.requests('POST extend')).length).toBeGreaterThan(round);
    await expect.poll(() => focusedName(page)).toBe('other');
  }
});

test('The focus finds a place even if the element has vanished', async () => {
  const page = await stage.open();
  await focusOn(page, '#other');
  expect(await focusedName(page)).toBe('other');
  await waitForDialog(page);
  await page.evaluate(() => document.querySelector('#other')!.remove());
  await stayButton(page).click();
  await waitUntilClosed(page);
  await expect.poll(() => page.evaluate(() => document.activeElement!.tagName)).toBe('P');
});

test('Comes back when the page closes it', async () => {
  const page = await stage.open();
  await waitForDialog(page);
  await page.evaluate(() => (document.querySelector('nightlatch-warning')!.shadowRoot!.querySelector('.warning') as HTMLDialogElement).close());
  await waitForDialog(page);
});

test('Shows the seconds, speaks at the marks only, and hides the ticking from screen readers', async () => {
  const page = await stage.open();
  await page.evaluate(() => {
    const spoken: string[] = ((window as any).spoken = []);
    const root = document.querySelector('nightlatch-warning')!.shadowRoot!;
    for (const region of root.querySelectorAll('[aria-live],[role=status]')) {
      new MutationObserver((records) => spoken.push(records.map(({ target }) => target.textContent).join(' '))).observe(region, { childList: true, subtree: true });
    }
  });
  await waitForDialog(page);
  const time = page.locator('nightlatch-warning .time');
  const first = await time.textContent();
  await pause(3000);
  expect(await time.textContent()).not.toBe(first);
  expect(await time.getAttribute('aria-hidden')).toBe('true');
  // The first is the dialog itself.
  const [opened, ...spoken] = await page.evaluate(() => (window as any).spoken);
  expect(opened).toContain('Are you still there?');
  expect(spoken).toEqual(['You will be signed out in 5 seconds.']);
});

test('Puts the countdown into the title of a page in the background and takes it away again', async () => {
  const page = await stage.open();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => (window as any).away });
    (window as any).away = true;
  });
  await page.waitForFunction(() => /^\d seconds left – Home$/.test(document.title), undefined, { timeout: 10_000 });
  await page.evaluate(() => ((window as any).away = false));
  await page.waitForFunction(() => document.title === 'Home');
});

test('Fits 320 pixels at double text size without scrolling sideways, in forced colours too', async () => {
  const page = await stage.open();
  await page.setViewportSize({ width: 320, height: 480 });
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.addStyleTag({ content: 'html{font-size:200%}' });
  await waitForDialog(page);
  const fits = await dialog(page).evaluate((box) => {
    const { left, right, bottom } = box.getBoundingClientRect();
    return left >= 0 && right <= innerWidth && bottom <= innerHeight && box.scrollWidth <= box.clientWidth;
  });
  expect(fits).toBe(true);
  expect(await dialog(page).evaluate((box) => getComputedStyle(box).animationName)).toBe('none');
  await page.keyboard.press('Tab');
  expect(await outButton(page).evaluate((b) => getComputedStyle(b).outlineStyle)).toBe('solid');
});

describe('offline', () => {
  test('At zero the page is hidden; coming online asks and leaves', async () => {
    const page = await stage.open();
    await waitForDialog(page);
    await stage.context.setOffline(true);
    await page.waitForFunction(() => window.nightlatch!.state.cover === 'offline', undefined, { timeout: 15_000 });
    expect(await page.getByText('This page is hidden').isVisible()).toBe(true);
    expect(page.url()).toBe(stage.server.url('/'));
    await stage.context.setOffline(false);
    await waitUntilOut(page);
    expect(await page.textContent('h1')).toMatch(/signed out/);
  });

  test('A sign-out that the server has not heard of is not pretended', async () => {
    const page = await stage.open();
    await waitForDialog(page);
    await stage.context.setOffline(true);
    await outButton(page).click();
    await page.getByText('you are not signed out yet').waitFor({ state: 'visible' });
    expect(await stage.server.ended(stage.handle)).toBe(false);
    await stage.context.setOffline(false);
    await waitUntilOut(page);
    expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['user']);
  });
});

test('A file that cannot be loaded is told of once, and the page goes on', async () => {
  await stage.context.route('**/nightlatch/sdk/frames-*.js', (route) => route.abort());
  const page = await stage.open();
  await page.evaluate(() => document.body.append(document.createElement('iframe')));
  await expect.poll(() => stage.diagnostics.length).toBe(1);
  expect(stage.diagnostics[0]).toContain('file');
  await waitForDialog(page);
  await stayButton(page).click();
  await waitUntilClosed(page);
  expect(stage.diagnostics.length).toBe(1);
  expect(stage.errors).toEqual([]);
});

test('Where a person chooses to stay on a page whose session is over, the cover has a way on, every time', async () => {
  const page = await stage.open();
  await page.locator('input').fill('half a letter');
  await page.evaluate(() => addEventListener('beforeunload', (event) => event.preventDefault()));
  let asked = 0;
  page.on('dialog', (dialog) => {
    asked += 1;
    // "Stay on page", twice.
    void (asked > 2 ? dialog.accept() : dialog.dismiss());
  });
  await page.evaluate(() => void window.nightlatch!.signOut());
  for (const times of [1, 2]) {
    await expect.poll(() => asked).toBe(times);
    await page.getByRole('link', { name: 'Sign in again' }).click({ timeout: 10_000 });
  }
  await page.waitForFunction(() => !window.nightlatch || window.nightlatch.state.phase !== 'ended', undefined, { timeout: 10_000 });
  expect(asked).toBe(3);
});

test('Nothing of a covered page is printed', async () => {
  const page = await stage.open();
  await page.evaluate(() => (window.nightlatch as any).cover('step-up'));
  await dialog(page).or(page.getByRole('dialog')).waitFor({ state: 'visible' });
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('h1').evaluate((heading) => getComputedStyle(heading).visibility)).toBe('hidden');
});
