import type { BrowserName } from './driver.js';

/** What not every browser can be driven to. */
export type Ability = 'offline' | 'crash' | 'hidden';

/** What a browser cannot be driven to, and why. */
export const lacking: Record<BrowserName, Partial<Record<Ability, string>>> = {
  chromium: {
    hidden: 'Playwright shows every page as visible; `lifecycle.e2e.ts` hides one really',
  },
  firefox: {
    crash: 'no command kills the process of a page',
  },
  webkit: {
    crash: 'no command kills the process of a page',
    offline: 'no command takes the browser offline; the cut wire is played here as well',
    hidden: 'each tab is a window of its own, and stays visible; in a background tab the pointer never arrives',
  },
};

export function incapable(browser: BrowserName, ability: Ability): never {
  throw new Error(`${browser}: ${lacking[browser][ability]}`);
}
