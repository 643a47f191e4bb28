// The small applications of examples/, each beside a server: what a reader copies works.
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { dialog, reasonOf, stayButton, useStage, waitForDialog, waitUntilClosed, waitUntilOut } from './browser.js';
import { bundle, examples } from './example-bundle.js';

const stage = useStage({ policy: { idle: 9000, warnBefore: 5000 } });
afterAll(() => stage.browser?.close());

type Files = (path: string) => { body: string; contentType: string; headers?: Record<string, string> };

/** A page of an application that consists of these files, on the origin of the server. */
async function openOn(files: Files, path = '/'): Promise<Page> {
  const { origin } = stage.server;
  await stage.context.route(
    (url) => url.origin === origin && !url.pathname.startsWith('/nightlatch/'),
    (route) => {
      const { pathname } = new URL(route.request().url());
      return pathname === '/favicon.ico' ? route.fulfill({ status: 204 }) : route.fulfill(files(pathname));
    },
  );
  const page = await stage.context.newPage();
  await page.goto(origin + path);
  return page;
}

/** Warns, can be answered, and is left at the end. */
async function warnsStaysAndLeaves(page: Page): Promise<void> {
  await waitForDialog(page);
  await stayButton(page).click();
  await waitUntilClosed(page);
  await waitForDialog(page);
  expect(await dialog(page).count()).toBe(1);
  await waitUntilOut(page);
  expect(reasonOf(page)).toBe('idle');
  expect(stage.errors).toEqual([]);
  expect(stage.diagnostics).toEqual([]);
}

// Before anybody is signed in: a session does not wait for a build.
const built = {
  react: await bundle('react', 'src/main.tsx'),
  vue: await bundle('vue', 'src/main.ts'),
  svelte: await bundle('svelte', 'src/main.ts'),
};

test.each(Object.entries(built))('%s: shows who is signed in and the time left, warns, stays, and leaves', async (_, files) => {
  const page = await openOn((path) => files.get(path)!);
  await page.getByText('Signed in as ada').waitFor();
  await page.locator('#left').filter({ hasText: /^[1-5] s left$/ }).waitFor({ state: 'attached' });
  await warnsStaysAndLeaves(page);
});

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const plain: Files = (path) => ({
  body: readFileSync(`${examples}plain${path}`, 'utf8'),
  contentType: types[extname(path)]!,
});

test('plain: one line is enough', async () => {
  await warnsStaysAndLeaves(await openOn(plain, '/index.html'));
});

test('plain, with options: has colours of its own, holds, and signs out', async () => {
  const page = await openOn(plain, '/options.html');
  await page.getByText('Signed in as ada').waitFor();
  expect(await page.locator('nightlatch-warning').count()).toBe(1);
  await waitForDialog(page);
  expect(await stayButton(page).evaluate((button) => getComputedStyle(button).backgroundColor)).toBe('rgb(10, 92, 54)');
  await stayButton(page).click();
  await waitUntilClosed(page);
  await page.locator('#save').click();
  const holds = async () => (await stage.server.requests('POST hold')).map(({ body }) => body.label);
  await expect.poll(holds).toEqual(['Saving notes']);
  await page.locator('#out').click();
  await waitUntilOut(page);
  expect(reasonOf(page)).toBe('user');
  expect(stage.errors).toEqual([]);
});

const policies = [...readFileSync(new URL('../../docs/csp.md', import.meta.url), 'utf8').matchAll(/^```text\n(.*?)\n```$/gms)];

test.each(policies.map(([, policy]) => policy!))('under the Content-Security-Policy of the document: %s', async (policy) => {
  const nonce = /'nonce-(\w+)'/.exec(policy)?.[1];
  await stage.context.addInitScript(() => {
    const blocked: string[] = ((window as any).blocked = []);
    document.addEventListener('securitypolicyviolation', (event) => blocked.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
  const files: Files = (path) => {
    const { body, contentType } = plain(path);
    const html = nonce ? body.replaceAll('<script ', `<script nonce="${nonce}" `) : body;
    return { body: html, contentType, headers: { 'Content-Security-Policy': policy } };
  };
  const page = await openOn(files, '/index.html');
  await waitForDialog(page);
  await expect.poll(() => stage.server.requests('GET events')).toHaveLength(1);
  await stayButton(page).click();
  await waitUntilClosed(page);
  expect(await page.evaluate(() => (window as any).blocked)).toEqual([]);
  // What is loaded on demand is allowed as well: without it the page would leave without a reason.
  await page.evaluate(() => window.nightlatch!.signOut());
  await waitUntilOut(page);
  expect(stage.errors).toEqual([]);
  expect(stage.diagnostics).toEqual([]);
});
