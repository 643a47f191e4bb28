import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { TOLERANCE } from './browser.js';
import { launchChromium } from './drivers/chromium.js';

const IDLE = 3000;

/** One component with a timer over all tabs, which notes when it was idle. */
const app = `
  import { createElement } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useIdleTimer, workerTimers } from '../src/compat/react-idle-timer.js';
  function App() {
    window.timer = useIdleTimer({
      timeout: ${IDLE},
      timers: workerTimers,
      crossTab: true,
      onAction: () => (window.acted = Date.now()),
      onIdle: () => (window.idleAt = Date.now()),
    });
    return createElement('h1', null, 'Application');
  }
  window.opened = Date.now();
  createRoot(document.querySelector('main')).render(createElement(App));
`;

declare global {
  interface Window {
    timer: { isIdle(): boolean; getRemainingTime(): number };
    opened: number;
    acted?: number;
    idleAt?: number;
  }
}

let browser: Browser;
let context: BrowserContext;
let server: Server;
let origin: string;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  const resolveDir = import.meta.dirname;
  const common = { bundle: true, write: false, format: 'esm', target: 'es2022' } as const;
  const built = await build({
    ...common,
    stdin: { contents: app, resolveDir },
    splitting: true,
    outdir: '/app',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const worker = await build({ ...common, entryPoints: [`${resolveDir}/../src/worker.ts`] });
  // As in the package: the entry one folder below the worker.
  const files = new Map(built.outputFiles.map(({ path, text }) => [path, text]));
  files.set('/worker.js', worker.outputFiles[0]!.text);
  server = createServer(({ url = '/' }, response) => {
    const script = files.get(url);
    response.writeHead(200, {
      'Content-Type': script ? 'text/javascript' : 'text/html',
      'Content-Security-Policy': "default-src 'self'",
    });
    response.end(script ?? (url === '/away' ? '<h1>Away</h1>' : '<main></main><script type="module" src="/app/stdin.js"></script>'));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser.close();
  server.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  complaints.length = 0;
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => complaints.push(message.text()));
});

afterEach(() => context.close());

async function open(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => window.timer);
  return page;
}

const idleAt = (page: Page) =>
  page.waitForFunction(() => window.idleAt, null, { timeout: 10_000 }).then((handle) => handle.jsonValue() as Promise<number>);

test('Under a strict policy the worker is a file, and nothing complains', async () => {
  const page = await open();
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  expect(worker.url()).toBe(`${origin}/worker.js`);
  const late = (await idleAt(page)) - (await page.evaluate(() => window.opened)) - IDLE;
  expect(Math.abs(late)).toBeLessThan(TOLERANCE);
  expect(complaints).toEqual([]);
});

test('Events of scripts and a focus of theirs keep nobody active; a hand does', async () => {
  const page = await open();
  await page.evaluate(() => {
    setInterval(() => {
      for (const type of ['mousemove', 'mousedown', 'keydown']) document.body.dispatchEvent(new Event(type, { bubbles: true }));
      document.body.tabIndex = 0;
      document.body.focus();
      document.body.blur();
    }, 100);
  });
  const late = (await idleAt(page)) - (await page.evaluate(() => window.opened)) - IDLE;
  expect(Math.abs(late)).toBeLessThan(TOLERANCE);
  expect(await page.evaluate(() => window.acted)).toBeUndefined();
  await page.keyboard.press('a');
  expect(await page.evaluate(() => [window.timer.isIdle(), !!window.acted])).toEqual([false, true]);
});

test('A frozen tab keeps nobody active, and is idle when it thaws', async () => {
  const [a, b] = [await open(), await open()];
  const session = await context.newCDPSession(b);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await a.bringToFront();
  const late = (await idleAt(a)) - (await a.evaluate(() => window.opened)) - IDLE;
  expect(Math.abs(late)).toBeLessThan(TOLERANCE);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await idleAt(b);
});

test('Out of the back/forward cache the timer goes on', async () => {
  const page = await open();
  const opened = await page.evaluate(() => window.opened);
  await page.goto(`${origin}/away`);
  await page.goBack({ waitUntil: 'commit' });
  // The same page, not a new one.
  expect(await page.evaluate(() => window.opened)).toBe(opened);
  await page.keyboard.press('a');
  const acted = await page.evaluate(() => window.acted!);
  expect(Math.abs((await idleAt(page)) - acted - IDLE)).toBeLessThan(TOLERANCE);
});
