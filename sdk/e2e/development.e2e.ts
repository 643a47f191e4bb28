// The badge on the pages of a server that runs for development, and none on any other.
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApplication } from './application.js';
import { launchChromium } from './drivers/chromium.js';
import { startLatch } from './latch.js';
import type { Policy } from './server.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const short = { idle: 1500, absolute: 3000, warnBefore: 500 };
const usual = { idle: 60_000, absolute: 600_000, warnBefore: 5000 };

describe.skipIf(!process.env['NIGHTLATCH_BIN'])('A server that runs for development', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launchChromium()));
  afterAll(() => browser.close());

  const open = async (policy: Policy, keys: string) => {
    const application = await startApplication();
    const latch = await startLatch(application.origin, policy, [], keys);
    application.upstream = latch.address;
    const context = await browser.newContext();
    const { token } = await latch.api('POST', 'sessions', { subject: 'ada' });
    await context.addCookies([{ name: 'nightlatch', value: token, url: application.origin, httpOnly: true, sameSite: 'Lax' }]);
    const page = await context.newPage();
    const files: string[] = [];
    page.on('request', (request) => void files.push(new URL(request.url()).pathname));
    await page.goto(application.origin);
    await page.waitForFunction(() => window.nightlatch?.state.phase === 'active');
    const close = async () => {
      await context.close();
      await latch.close();
      await application.close();
    };
    return { page, files, close };
  };

  test('shows on every page that its sessions do not end, and they do not', async () => {
    const { page, close } = await open(short, 'development = true\n');
    const badge = page.locator('nightlatch-warning [part=development]');
    await expect.poll(() => badge.textContent()).toBe('Development: sessions do not end');
    await expect.poll(() => badge.isVisible()).toBe(true);
    // In nobody's way.
    const [box, view] = [(await badge.boundingBox())!, page.viewportSize()!];
    expect(box.width * box.height).toBeLessThan(0.02 * view.width * view.height);
    const under = await page.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.localName, { x: box.x + 5, y: box.y + 5 });
    expect(under).not.toBe('nightlatch-warning');
    await page.addScriptTag({ path: axe });
    const { violations } = await page.evaluate(() => (window as any).axe.run('nightlatch-warning'));
    expect(violations).toEqual([]);
    // Past both limits of the policy.
    await page.waitForFunction((past) => performance.now() > past, 4000);
    expect(await page.evaluate(() => window.nightlatch!.state)).toMatchObject({ phase: 'active', cover: null, development: true });
    expect(await page.evaluate(() => window.nightlatch!.remaining())).toBeNull();
    await page.evaluate(() => document.body.replaceWith(document.createElement('body')));
    expect(await badge.isVisible()).toBe(true);
    await close();
  });

  test('is the only one that has the badge, or its file', async () => {
    const { page, files, close } = await open(usual, '');
    await expect.poll(() => files.some((file) => file.includes('/aside'))).toBe(true);
    expect(await page.locator('nightlatch-warning [part=development]').count()).toBe(0);
    expect(files.filter((file) => file.includes('development'))).toEqual([]);
    await close();
  });
});
