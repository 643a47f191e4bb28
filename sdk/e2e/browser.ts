import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeEach } from 'vitest';
import { launchChromium } from './drivers/chromium.js';
import type { Launch, Server } from './server.js';
import { startServer } from './start-server.js';

export interface Stage {
  server: Server;
  browser: Browser;
  context: BrowserContext;
  handle: string;
  /** What went wrong on any page: uncaught errors. */
  errors: string[];
  /** What the SDK reported to the console. */
  diagnostics: string[];
  open(path?: string): Promise<Page>;
}

/** One browser for the file; for each test a server and a signed-in context. */
export function useStage(launch: Launch = {}): Stage {
  const stage = { errors: [], diagnostics: [] } as unknown as Stage;
  beforeEach(async () => {
    stage.browser ??= await launchChromium();
    stage.server = await startServer(launch);
    stage.context = await stage.browser.newContext();
    stage.errors.length = stage.diagnostics.length = 0;
    stage.context.on('weberror', (error) => stage.errors.push(String(error.error())));
    stage.context.on('console', (message) => {
      if (message.text().startsWith('nightlatch:')) stage.diagnostics.push(message.text());
    });
    stage.handle = (await stage.server.signIn(stage.context)).handle;
    stage.open = async (path = '/') => {
      const page = await stage.context.newPage();
      await page.goto(stage.server.url(path));
      await page.waitForFunction(() => window.nightlatch!.state.phase !== 'unknown');
      await page.evaluate(keepTimes);
      return page;
    };
  });
  afterEach(async () => {
    await stage.context.close();
    await stage.server.close();
  });
  return stage;
}

/** How much later or earlier than planned something may happen. */
export const TOLERANCE = 750;

export interface Times {
  opened?: number;
  closed?: number;
  clicked?: number;
  left?: number;
}

/** Notes inside the page when things happen: what the test sees of it comes later, much later on a busy machine. */
function keepTimes(): void {
  const note = (what: string) => sessionStorage.setItem(what, String(performance.timeOrigin + performance.now()));
  const dialog = document.querySelector('nightlatch-warning')!.shadowRoot!.querySelector('dialog')!;
  new MutationObserver(() => note(dialog.open && dialog.part.contains('warning') ? 'opened' : 'closed')).observe(dialog, {
    attributeFilter: ['open', 'part'],
  });
  addEventListener('click', () => note('clicked'), true);
  addEventListener('pagehide', () => note('left'));
}

export const times = (page: Page): Promise<Times> =>
  page.evaluate(() => Object.fromEntries(Object.entries(sessionStorage).map(([what, at]) => [what, Number(at)])));

export const dialog = (page: Page) => page.getByRole('alertdialog');
export const stayButton = (page: Page) => page.getByRole('button', { name: 'Stay signed in' });
export const outButton = (page: Page) => page.getByRole('button', { name: 'Sign out now' });

export const waitForDialog = (page: Page, timeout = 10_000) => dialog(page).waitFor({ state: 'visible', timeout });
export const waitUntilClosed = (page: Page, timeout = 10_000) => dialog(page).waitFor({ state: 'hidden', timeout });
export const waitUntilOut = (page: Page, timeout = 15_000) =>
  page.waitForURL(/\/nightlatch\/signed-out\?reason=/, { timeout });

export const reasonOf = (page: Page) => new URL(page.url()).searchParams.get('reason');

export const since = (start: number) => Date.now() - start;

/** When the idle limit of this page's session began to run, as the page was told. */
export const idleSince = async (page: Page, idle: number) =>
  Date.now() - idle + (await page.evaluate(() => window.nightlatch!.remaining()!));

/** Records, inside the page, whether a warning was ever open; survives until the page is left. */
export async function recordDialogs(page: Page): Promise<() => Promise<boolean>> {
  const seen = { warning: false };
  await page.exposeFunction('__warned', () => {
    seen.warning = true;
  });
  await page.evaluate(() => {
    const look = () => {
      if (document.querySelector('nightlatch-warning')?.shadowRoot?.querySelector('[part~=warning][open]')) (window as any).__warned();
      requestAnimationFrame(look);
    };
    look();
  });
  return async () => seen.warning;
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)); // tidy: sleeps because real time is what these scenarios are about

/** What passes against the fake server and, for a reason not found yet, only now and then against the binary. */
export const unsettled = !!process.env['NIGHTLATCH_BIN'];
