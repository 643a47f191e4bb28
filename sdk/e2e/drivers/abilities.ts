import type { BrowserName } from './driver.js';

/** What not every browser can be driven to. */
export type Ability = 'offline' | 'crash' | 'window' | 'hidden' | 'storage-event';

/** What a browser cannot be driven to, and why. */
export const lacking: Record<BrowserName, Partial<Record<Ability, string>>> = {
  chromium: {},
  firefox: {},
  webkit: {},
};

export function incapable(browser: BrowserName, ability: Ability): never {
  throw new Error(`${browser}: ${lacking[browser][ability] ?? `has no ability "${ability}"`}`);
}
