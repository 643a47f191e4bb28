import { type CDPSession, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialog, stayButton, useStage, waitForDialog, waitUntilClosed, waitUntilOut } from './browser.js';
import { bundle, evaluateOnServer, versions, type Version } from './react-bundle.js';

const stage = useStage();
afterAll(() => stage.browser?.close());

const document = (body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>React</title></head><body><div id="root">${body}</div>
<script type="module" src="/app.js"></script></body></html>`;

/** Opens a page of the application whose server sent this HTML and this script; collects what the console complains of. */
async function open(script: string, body = ''): Promise<{ page: Page; complaints: string[]; handle: string }> {
  const page = await stage.context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.route('**/app', (route) => route.fulfill({ contentType: 'text/html', body: document(body) }));
  await page.route('**/app.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
  // Just now: what came before took its time.
  const { handle } = await stage.server.signIn(stage.context);
  await page.goto(stage.server.url('/app'));
  return { page, complaints, handle };
}

const phase = (page: Page, expected: string) => page.locator('#phase', { hasText: expected }).waitFor();

describe.each(Object.keys(versions).map(Number) as Version[])('React %i', (version) => {
  let rendered = '';
  let hydrated = '';
  beforeAll(async () => {
    const app = `import { App } from './react-app.js';\nconst app = <App idleTimeoutMinutes={30} config={{ auth: { autologout: { enabled: true } } }} />;`;
    rendered = await bundle(
      version,
      `import { createRoot } from 'react-dom/client';\n${app}\ncreateRoot(document.getElementById('root')).render(app);`,
    );
    hydrated = await bundle(
      version,
      `import { hydrateRoot } from 'react-dom/client';\n${app}
      hydrateRoot(document.getElementById('root'), app, { onRecoverableError: (error) => console.error(error) });`,
    );
  });

  test('Shows who is signed in, warns, stays and signs out by the policy of the server', async () => {
    const { page, complaints, handle } = await open(rendered);
    await phase(page, 'active');
    expect(await page.locator('#subject').textContent()).toBe('ada');
    const renders = await page.evaluate(() => window.renders);
    await waitForDialog(page);
    await page.locator('#countdown', { hasText: '2' }).waitFor();
    await page.locator('#countdown', { hasText: '1' }).waitFor();
    // Twice in StrictMode, for each change and not for each second.
    expect((await page.evaluate(() => window.renders)) - renders).toBeLessThanOrEqual(4);
    await stayButton(page).click();
    await waitUntilClosed(page);
    await phase(page, 'active');
    await page.getByRole('button', { name: 'Leave' }).click();
    await waitUntilOut(page);
    // Of this session: the one that the stage began with idles by itself.
    expect((await stage.server.audit()).filter((end) => end.handle === handle).map(({ reason }) => reason)).toEqual(['user']);
    expect(complaints).toEqual([]);
    expect(stage.errors).toEqual([]);
  });

  test('26: Renders on a server without a window and hydrates without a complaint', async () => {
    const html = await evaluateOnServer(
      await bundle(
        version,
        `import { renderToString } from 'react-dom/server';\nimport { App } from './react-app.js';
        export const result = [typeof window, typeof document, renderToString(<App idleTimeoutMinutes={30} />)];`,
        'node',
      ),
    );
    expect(html.slice(0, 2)).toEqual(['undefined', 'undefined']);
    expect(html[2]).toContain('<output id="phase">unknown</output>');
    const { page, complaints } = await open(hydrated, html[2]);
    await phase(page, 'active');
    await waitForDialog(page);
    expect(complaints).toEqual([]);
    expect(stage.errors).toEqual([]);
  });

  test('20: Leaves nothing behind after being mounted and unmounted 200 times in 3 tabs', async () => {
    await stage.server.setPolicy({ idle: 900_000, absolute: 3_600_000 });
    await stage.context.addInitScript(countChannels);
    const script = await bundle(
      version,
      `import { createRoot } from 'react-dom/client';\nimport { App } from './react-app.js';
      createRoot(document.getElementById('root')).render(<App initially="nothing" />);`,
    );
    const tabs = await Promise.all([1, 2, 3].map(async () => inspect((await open(script)).page)));
    // What is loaded on demand and compiled at first use is there from then on, and what React itself keeps of mounts.
    await Promise.all(tabs.map((tab) => cycle(tab.page, 160)));
    await Promise.all(tabs.map((tab) => cycleAnother(tab.page, 200)));
    const before = await Promise.all(tabs.map((tab) => tab.count()));
    await Promise.all(tabs.map((tab) => cycle(tab.page, 200)));
    for (const [i, tab] of tabs.entries()) {
      await expect.poll(async () => (await tab.count()).channels).toBe(0);
      await expect.poll(() => tab.page.workers().length).toBe(0);
      await expect.poll(async () => (await tab.count()).listeners).toBeLessThanOrEqual(before[i]!.listeners);
      // The browser frees in its own time; what leaks is never freed.
      const grown = async () => (await tab.count()).heap - before[i]!.heap;
      await expect.poll(grown, { timeout: 30_000, interval: 500 }).toBeLessThan(200_000);
    }
    expect(stage.errors).toEqual([]);
    // And it still works.
    await stage.server.setPolicy({ idle: 6000 });
    await stage.server.signIn(stage.context);
    const { page } = tabs[0]!;
    await page.evaluate(() => window.mounted('auto-logout'));
    await waitForDialog(page);
    await page.evaluate(() => window.mounted('nothing'));
    await dialog(page).waitFor({ state: 'detached' });
  }, 180_000);
});

/** Mounts, waits until the session is known, and unmounts. */
const cycle = (page: Page, times: number) =>
  page.evaluate(async (left) => {
    for (; left > 0; left -= 1) {
      const active = new Promise<void>((resolve) => {
        const unsubscribe = window.session.subscribe(({ state }) => {
          if (state.phase !== 'active') return;
          unsubscribe();
          resolve();
        });
      });
      window.mounted('auto-logout');
      await active;
      window.mounted('nothing');
    }
  }, times);

/** Mounts and unmounts something that has nothing to do with sessions. */
const cycleAnother = (page: Page, times: number) =>
  page.evaluate(async (left) => {
    for (; left > 0; left -= 1) {
      window.mounted('another effect');
      await null;
      window.mounted('nothing');
    }
  }, times);

function countChannels(): void {
  const open = new Set<BroadcastChannel>();
  Object.assign(window, { channels: open });
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      open.add(this);
    }
    override close() {
      open.delete(this);
      super.close();
    }
  };
}

async function inspect(page: Page) {
  const session: CDPSession = await stage.context.newCDPSession(page);
  await session.send('Performance.enable');
  return {
    page,
    async count() {
      // What a collection finalizes is gone with the next one.
      for (let i = 0; i < 2; i += 1) await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const metric = (name: string) => metrics.find((m) => m.name === name)!.value;
      return {
        listeners: metric('JSEventListeners'),
        heap: metric('JSHeapUsedSize'),
        channels: await page.evaluate(() => (window as unknown as { channels: Set<unknown> }).channels.size),
      };
    },
  };
}
