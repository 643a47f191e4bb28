import { launch, type BrowserContext, type Page } from 'puppeteer-core';
import type { Browser, Profile, Tab } from './driver.js';
import { incapable } from './abilities.js';
import { arrival } from './arrival.js';
import { program } from './program.js';
import { tabOf } from './tab.js';

/** Firefox through WebDriver BiDi, which it speaks itself. */
export async function startFirefox(): Promise<Browser> {
  const browser = await launch({ browser: 'firefox', executablePath: program('firefox-esr'), headless: true });
  return {
    name: 'firefox',
    profile: async () => profileOf(await browser.createBrowserContext()),
    close: () => browser.close(),
  };
}

function profileOf(context: BrowserContext): Profile {
  const tab = (page: Page): Tab => tabOf(page, () => incapable('firefox', 'crash'));
  return {
    newTab: async (place = 'tab') => tab(await context.newPage({ type: place })),
    async newTabBy(open) {
      const before = await context.pages();
      await open();
      return tab(await arrival(async () => (await context.pages()).find((page) => !before.includes(page))));
    },
    addCookies: (cookies) =>
      context.setCookie(
        ...cookies.map(({ url, ...cookie }) => ({ ...cookie, path: '/', domain: new URL(url).hostname, secure: false })),
      ),
    clearCookies: async () => context.deleteCookie(...(await context.cookies())),
    setOffline: async (offline) => void (await Promise.all((await context.pages()).map((page) => page.setOfflineMode(offline)))),
    close: () => context.close(),
  };
}
