import { chromium, type Browser as Chromium, type BrowserContext, type Page } from 'playwright-core';
import type { Browser, Profile, Tab } from './driver.js';
import { program } from './program.js';
import { tabOf } from './tab.js';

const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split(' ');

/** Through Playwright, with the back/forward cache that Playwright would switch off. */
export const launchChromium = (): Promise<Chromium> =>
  chromium.launch({
    executablePath: program('chromium'),
    args: flags,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });

export async function startChromium(): Promise<Browser> {
  const browser = await launchChromium();
  return {
    name: 'chromium',
    profile: async () => profileOf(await browser.newContext()),
    close: () => browser.close(),
  };
}

function profileOf(context: BrowserContext): Profile {
  const tab = (page: Page): Tab => tabOf(page, () => crash(page));
  return {
    newTab: async (place) => tab(await (place === 'window' ? newWindow(context) : context.newPage())),
    newTabBy: async (open) => tab((await Promise.all([context.waitForEvent('page'), open()]))[0]),
    addCookies: (cookies) => context.addCookies(cookies),
    clearCookies: () => context.clearCookies(),
    setOffline: (offline) => context.setOffline(offline),
    close: () => context.close(),
  };
}

async function newWindow(context: BrowserContext): Promise<Page> {
  const opener = context.pages()[0] ?? (await context.newPage());
  const [page] = await Promise.all([
    context.waitForEvent('page'),
    opener.evaluate(() => void window.open('about:blank', '', 'noopener,width=800,height=600')),
  ]);
  return page;
}

async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // Never answered: there is nobody left to.
  session.send('Page.crash').catch(() => {});
  await crashed;
}
