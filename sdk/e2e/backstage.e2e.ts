// The example in the manner of Backstage, built from its own sources against this package, in a browser whose clock is ours.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
// @ts-expect-error it has no types
import { options } from '../../examples/backstage/build.options.mjs';
import { dialog, stayButton, waitForDialog, waitUntilClosed } from './browser.js';
import { launchChromium } from './drivers/chromium.js';
import { root } from './react-bundle.js';

const MINUTE = 60_000;
const outdir = mkdtempSync(join(tmpdir(), 'nightlatch-backstage-'));
let browser: Browser;
let context: BrowserContext;
const errors: string[] = [];

beforeAll(async () => {
  const packages = `${root}node_modules/`;
  await build({
    ...options,
    outdir,
    alias: { 'nightlatch/react': `${root}src/react.ts`, react: `${packages}react`, 'react-dom': `${packages}react-dom` },
    // StrictMode does its work in development only.
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(outdir, { recursive: true });
});
beforeEach(async () => {
  context = await browser.newContext();
  errors.length = 0;
  context.on('weberror', (error) => errors.push(String(error.error())));
  const files: Record<string, string> = { css: 'text/css', js: 'text/javascript' };
  await context.route('http://portal.example/**', (route) => {
    const { pathname } = new URL(route.request().url());
    const type = files[pathname.split('.')[1] ?? ''];
    return route.fulfill({ contentType: type ?? 'text/html', body: readFileSync(join(outdir, type ? pathname : 'index.html'), 'utf8') });
  });
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});

async function open(path = '/'): Promise<Page> {
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`http://portal.example${path}`);
  return page;
}

async function signIn(page: Page) {
  await page.getByLabel('Name').fill('ada');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation').waitFor();
}

test('Signs in, is asked a minute before the end, stays, and is signed out when nobody answers', async () => {
  const page = await open();
  await signIn(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('active, limited by idle').waitFor();
  await page.clock.runFor(14 * MINUTE - 2000);
  expect(await dialog(page).isVisible()).toBe(false);
  await page.clock.runFor(4000);
  await waitForDialog(page);
  await stayButton(page).click();
  await waitUntilClosed(page);
  await page.clock.runFor(14 * MINUTE + 2000);
  await waitForDialog(page);
  await page.clock.runFor(MINUTE);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.getByRole('status').textContent()).toContain('because you were away');
  expect(await dialog(page).isVisible()).toBe(false);
  // And the next session is watched as well.
  await signIn(page);
  await page.clock.runFor(14 * MINUTE + 2000);
  await waitForDialog(page);
});

test('Signing out in one tab signs out in all, and stops the watch', async () => {
  const [a, b] = [await open(), await open()];
  await signIn(a);
  await b.getByRole('heading', { name: 'Catalog' }).waitFor();
  await a.getByRole('button', { name: 'Sign out' }).click();
  for (const page of [a, b]) {
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.clock.runFor(20 * MINUTE);
    expect(await dialog(page).count()).toBe(0);
  }
});
