import { launch, type BrowserContext, type Page } from 'puppeteer-core';
import type { Browser, Profile, Tab } from './driver.js';
import { incapable } from './abilities.js';
import { arrival } from './arrival.js';
import { program } from './program.js';

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
  return {
    newTab: async (place = 'tab') => tabOf(await context.newPage({ type: place })),
    async newTabBy(open) {
      const before = await context.pages();
      await open();
      return tabOf(await arrival(async () => (await context.pages()).find((page) => !before.includes(page))));
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

const tabOf = (page: Page): Tab => ({
  goto: async (url) => void (await page.goto(url)),
  back: () => page.evaluate(() => void setTimeout(() => history.back())), // tidy: sleeps because going back inside this call would break it off
  evaluate: (run, ...args) => page.evaluate(`(${run})(...${JSON.stringify(args)})`) as Promise<any>,
  move: (x, y) => page.mouse.move(x, y),
  click: (x, y) => page.mouse.click(x, y),
  grab: async (x, y) => {
    await page.mouse.move(x, y);
    await page.mouse.down();
  },
  drop: () => page.mouse.up(),
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  bringToFront: () => page.bringToFront(),
  picture: () => page.screenshot(),
  crash: () => incapable('firefox', 'crash'),
  close: () => page.close(),
});
