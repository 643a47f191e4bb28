// Against the fake server of ../test: it has what a page of one's own needs, an upload among it.
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeServer, type FakeServer } from '../test/fake-server.js';
import { waitUntilOut } from './browser.js';
import { launchChromium } from './drivers/chromium.js';

const IDLE = 4000;

const html = (form: string) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Claim</title>
<main>${form}</main><script type="module" src="/rescue.page.js"></script></html>`;
const claim = `<form data-nightlatch-rescue="claim" action="/sent"><input name="what" aria-label="What">
<textarea name="story" aria-label="Story"></textarea><label><input type="checkbox" name="agree"> Agree</label>
<select name="kind" aria-label="Kind"><option>fire</option><option>water</option></select>
<input type="password" name="pin" aria-label="PIN"><input name="card" aria-label="Card" autocomplete="cc-number">
<button>Send</button><button type="reset">Reset</button></form>`;

const pages: Record<string, string> = { '/claim': claim, '/claims/2': claim, '/empty': '<p>Nothing to fill in</p>' };
const script = new Map<string, string>();
let browser: Awaited<ReturnType<typeof launchChromium>>;
let server: FakeServer;
let context: BrowserContext;
let errors: string[];

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('rescue.page.ts', import.meta.url).pathname],
    outdir: '/',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  for (const { path, text } of outputFiles) script.set(path, text);
  browser = await launchChromium();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  server = await startFakeServer({ idle: IDLE, absolute: 60_000, warnBefore: 1500 });
  context = await browser.newContext();
  errors = [];
  context.on('weberror', (error) => errors.push(String(error.error())));
  for (const [path, body] of script) server.files.set(path, { body, type: 'text/javascript' });
  // A page that says nothing on the channel, which would throw others out of the back/forward cache.
  server.files.set('/plain', { body: '<!doctype html><title>Plain</title>', type: 'text/html' });
  for (const [path, body] of Object.entries(pages)) server.files.set(path, { body: html(body), type: 'text/html' });
});
afterEach(async () => {
  await context.close();
  await server.close();
  expect(errors).toEqual([]);
});

async function signIn(subject = 'ada'): Promise<{ handle: string }> {
  const { token, handle } = server.create(subject);
  await context.addCookies([{ name: 'nightlatch', value: token, url: server.origin, httpOnly: true, sameSite: 'Lax' }]);
  return { handle };
}

async function open(path = '/claim'): Promise<Page> {
  const page = await context.newPage();
  await goTo(page, path);
  return page;
}

async function goTo(page: Page, path = '/claim'): Promise<void> {
  await page.goto(server.origin + path);
  await page.waitForFunction(() => window.page?.nightlatch.state.phase !== 'unknown');
}

const drafts = (page: Page) =>
  page.evaluate(() => Object.entries(localStorage).filter(([name]) => name.startsWith('nightlatch:draft:')));
const waitForDrafts = (page: Page, count: number) =>
  page.waitForFunction(
    (count) => Object.keys(localStorage).filter((name) => name.startsWith('nightlatch:draft:')).length === count,
    count,
  );
const waitForRestore = (page: Page) => page.waitForFunction(() => window.page.restored.length > 0);
/** Drafts were looked at, and none was for this form: what is typed now becomes one of its own. */
async function expectNothing(page: Page, others: number): Promise<void> {
  await page.getByLabel('Story').pressSequentially('new');
  await waitForDrafts(page, others + 1);
  expect(await content(page)).toEqual({ ...empty, story: 'new' });
}

async function fill(page: Page, what = 'a bicycle from Zürich'): Promise<void> {
  await page.getByLabel('What').pressSequentially(what);
  await page.getByLabel('Story').pressSequentially('It was raining cats.');
  await page.getByLabel('Agree').check();
  await page.getByLabel('Kind').selectOption('water');
  await page.getByLabel('PIN').pressSequentially('open sesame');
  await page.getByLabel('Card').pressSequentially('4111111111111111');
}
const content = (page: Page) =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.forms[0]!.querySelectorAll<HTMLInputElement>('[name]')].map((f) => [f.name, f.type === 'checkbox' ? f.checked : f.value]),
    ),
  );
const full = { what: 'a bicycle from Zürich', story: 'It was raining cats.', agree: true, kind: 'water', pin: '', card: '' };
const empty = { what: '', story: '', agree: false, kind: 'fire', pin: '', card: '' };

describe('Time runs out over a form', () => {
  test('The same person finds everything again but secrets, and nobody could have read it', async () => {
    await signIn();
    const page = await open();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await fill(page);
    await waitUntilOut(page);
    const kept = JSON.stringify(await drafts(page));
    expect((await drafts(page)).length).toBe(1);
    const typed = /bicycle|Zürich|raining|water|sesame|4111|claim|ada|what|story/i;
    for (const text of [kept, ...(await drafts(page)).map(([, draft]) => atob(draft.split('.')[1]!))]) expect(text).not.toMatch(typed);
    expect(sent.join('\n')).not.toMatch(/bicycle|raining|sesame|4111/);

    await signIn();
    await goTo(page);
    await waitForRestore(page);
    expect(await content(page)).toEqual(full);
    expect(await page.evaluate(() => window.page.restored)).toEqual(['what', 'story', 'agree', 'kind']);
    expect(await page.evaluate(() => window.page.diagnostics)).toEqual([]);
  });

  test('Another person finds nothing, and nothing is left of it', async () => {
    await signIn('ada');
    const page = await open();
    await fill(page);
    await waitUntilOut(page);
    expect((await drafts(page)).length).toBe(1);
    await signIn('bob');
    await goTo(page, '/empty');
    await waitForDrafts(page, 0);
    await signIn('ada');
    await goTo(page);
    await expectNothing(page, 0);
  });

  test('What was typed in the very last second is there', async () => {
    const { handle } = await signIn();
    const page = await open();
    await page.getByLabel('What').pressSequentially('one two three four five six', { delay: 60 });
    const typedAt = Date.now();
    await page.waitForTimeout(Math.max(0, 1000 - (Date.now() - typedAt))); // tidy: sleeps because it is to be kept within this time
    server.end(handle, 'admin');
    await waitUntilOut(page);
    await signIn();
    await goTo(page);
    await waitForRestore(page);
    expect((await content(page))['what']).toBe('one two three four five six');
  });

  test('The page that crashes keeps it too', async () => {
    await signIn();
    const page = await open();
    await fill(page);
    await waitForDrafts(page, 1);
    await page.waitForTimeout(1000); // tidy: sleeps because it is to be kept within this time
    const session = await context.newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    void session.send('Page.crash').catch(() => {});
    await crashed;
    const again = await open();
    await waitForRestore(again);
    expect(await content(again)).toEqual(full);
  });
});

describe('A draft is destroyed', () => {
  test('when the person chooses to sign out, whatever page that is on', async () => {
    await signIn();
    const form = await open();
    await fill(form);
    await waitForDrafts(form, 1);
    const page = await open('/empty');
    await page.evaluate(() => void window.page.nightlatch.signOut());
    await Promise.all([waitUntilOut(page), waitUntilOut(form)]);
    expect(server.audit.map(({ reason }) => reason)).toEqual(['user']);
    expect(await drafts(page)).toEqual([]);
  });

  test('when the form is sent, and when it was restored and is reset', async () => {
    await signIn();
    const page = await open();
    await fill(page);
    await waitForDrafts(page, 1);
    await page.goto(`${server.origin}/public`);
    await goTo(page);
    await waitForRestore(page);
    await page.getByRole('button', { name: 'Reset' }).click();
    expect(await drafts(page)).toEqual([]);
    await fill(page);
    await waitForDrafts(page, 1);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForURL(/\/sent/);
    expect(await drafts(page)).toEqual([]);
  });

  test('when a day has passed', async () => {
    await signIn();
    const page = await open();
    await fill(page);
    await waitUntilOut(page);
    expect((await drafts(page)).length).toBe(1);
    await page.addInitScript(() => {
      const { now } = Date;
      Date.now = () => now() + 86_400_000;
    });
    await signIn();
    await goTo(page);
    await waitForDrafts(page, 0);
    expect(await content(page)).toEqual(empty);
  });
});

test('Two tabs with the same form keep one draft each, and get one each', async () => {
  await signIn();
  const tabs = [await open(), await open()] as const;
  await fill(tabs[0], 'first');
  await fill(tabs[1], 'second');
  await Promise.all(tabs.map((tab) => waitUntilOut(tab)));
  expect((await drafts(tabs[0])).length).toBe(2);
  await signIn();
  for (const tab of tabs) {
    await goTo(tab);
    await waitForRestore(tab);
  }
  const whats = await Promise.all(tabs.map(async (tab) => (await content(tab))['what']));
  expect(whats.sort()).toEqual(['first', 'second']);
});

test('A page that comes back from the back/forward cache is still kept, and nobody took its draft meanwhile', async () => {
  await signIn();
  const page = await open();
  await fill(page);
  await waitForDrafts(page, 1);
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (document.title = `persisted: ${persisted}`)));
  await page.goto(`${server.origin}/plain`);
  await page.goBack({ waitUntil: 'commit' });
  await expect.poll(() => page.title()).toBe('persisted: true');
  await page.waitForFunction(() => window.page.nightlatch.state.cover === null);
  expect(await content(page)).toMatchObject({ what: full.what, pin: 'open sesame' });
  await expectNothing(await open(), 1);
});

test('Without storage the page works, and is told so once', async () => {
  await signIn();
  await context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  const page = await open();
  await page.waitForFunction(() => window.page.diagnostics.length > 0);
  await fill(page);
  await page.waitForFunction(() => window.page.nightlatch.state.phase === 'warning');
  expect(await page.evaluate(() => window.page.diagnostics)).toEqual([expect.stringMatching(/^rescue: .*denied/)]);
  await waitUntilOut(page);
});

describe('An upload', () => {
  const idle = 6000;
  beforeEach(() => {
    server.policy.idle = idle;
  });

  const holds = (method: string) => server.log.filter((entry) => entry.method === method && entry.path.startsWith('hold'));

  async function throttled(page: Page) {
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    const emulate = (uploadThroughput: number) =>
      session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
    await emulate(1 << 20);
    return emulate;
  }

  test('holds the session for as long as it takes, and lets go of it at the end', async () => {
    const { handle } = await signIn();
    const page = await open('/empty');
    await throttled(page);
    const started = Date.now();
    await page.evaluate(() => window.page.upload(12));
    expect(Date.now() - started).toBeGreaterThan(idle + 3000);
    expect(await page.evaluate(() => window.page.uploaded)).toEqual({ bytes: 12 << 20 });
    expect(server.audit).toEqual([]);
    expect(holds('POST').map(({ body }) => body)).toEqual([{ label: 'test', for_ms: 3000 }]);
    expect(holds('PUT').length).toBeGreaterThan(3);
    await expect.poll(() => holds('DELETE').length).toBe(1);
    const released = holds('DELETE')[0]!.at;
    await expect.poll(() => server.audit).toEqual([{ reason: 'idle', handle }]);
    // This server looks when it is asked.
    expect(Date.now() - released).toBeLessThan(idle + 2000);
    await waitUntilOut(page);
  });

  test('that stalls holds nothing', async () => {
    await signIn();
    const page = await open('/empty');
    const emulate = await throttled(page);
    await page.evaluate(() => void window.page.upload(20).catch(() => {}));
    await expect.poll(() => holds('PUT').length).toBeGreaterThan(1);
    await emulate(1);
    const stalled = Date.now();
    // The server ends it; on a network like this the page hides at once and leaves when it gets an answer.
    await expect.poll(() => server.audit.map(({ reason }) => reason)).toEqual(['idle']);
    expect(Date.now() - stalled).toBeLessThan(3000 + idle + 3000);
    await page.waitForFunction(() => window.page.nightlatch.state.cover !== null);
  });

  test('whose page is closed holds nothing for long', async () => {
    await signIn();
    const page = await open('/empty');
    await throttled(page);
    await page.evaluate(() => void window.page.upload(20).catch(() => {}));
    await expect.poll(() => holds('PUT').length).toBeGreaterThan(0);
    await page.close();
    const renewed = holds('PUT').length;
    const [session] = server.sessions.values();
    const left = session!.heldUntil - Date.now();
    expect(left).toBeLessThanOrEqual(3000);
    await expect.poll(() => Date.now() > session!.heldUntil, { timeout: left + 1000 }).toBe(true);
    expect(holds('PUT').length).toBe(renewed);
  });
});
