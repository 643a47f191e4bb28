// What tests do with a page and ask of it, in any browser.
import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import type { Cover } from '../../src/machine/machine.js';
import type { Note } from '../witness.js';
import { lateness } from './machine.js';

/** How much later or earlier than planned something may happen. */
export const TOLERANCE = 750;

/** It happened when it was due. */
export function around(at: number, due: number): void {
  expect(at - due).toBeGreaterThan(-TOLERANCE);
  within(TOLERANCE, due, at);
}

/** It came within so many milliseconds after something else. Every hop waits for its turn on a busy machine. */
export function within(limit: number, from: number, at: number): void {
  expect(at - from).toBeLessThan(limit + HOPS * lateness(from, at));
}
const HOPS = 3;

const INTERVAL = 60;
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)); // tidy: sleeps because real time is what these scenarios are about

/** Waits until something is true in the page; a page that is just being left is asked again. */
export async function waitFor<A extends unknown[]>(tab: Tab, holds: (...args: A) => unknown, { timeout = 15_000, args = [] as unknown as A } = {}): Promise<void> {
  let last: unknown;
  for (const end = Date.now() + timeout; Date.now() < end; ) {
    try {
      if (await tab.evaluate(truth(holds), ...args)) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await pause(INTERVAL);
  }
  const where = await tab.evaluate(() => `${location.pathname} ${JSON.stringify(window.nightlatch?.state)}`).catch(String);
  throw new Error(`not within ${timeout} ms: ${holds}\n${where}\n${last ?? ''}`);
}

/** What is true may be an element, and elements do not travel. */
const truth = (holds: (...args: any[]) => unknown): ((...args: any[]) => Promise<boolean>) =>
  ({ toString: () => `async (...args) => !!(await (${holds})(...args))` }) as never;

export const waitForWarning = (tab: Tab, timeout?: number) => waitFor(tab, () => window.witness.inWarning(), timed(timeout));
export const waitUntilClosed = (tab: Tab, timeout?: number) => waitFor(tab, () => !window.witness.inWarning(), timed(timeout));
export const waitForCover = (tab: Tab, cover: Cover | 'step-up' | null, timeout?: number) =>
  waitFor(tab, (cover) => (window.nightlatch!.state.cover as string | null) === cover && !!window.witness.inCover() === !!cover, { ...timed(timeout), args: [cover] });
export const waitUntilOut = (tab: Tab, timeout?: number) =>
  waitFor(tab, () => location.pathname === '/nightlatch/signed-out' && document.readyState === 'complete', timed(timeout));

const timed = (timeout: number | undefined) => (timeout === undefined ? {} : { timeout });

export const state = (tab: Tab) => tab.evaluate(() => window.nightlatch!.state);
export const remaining = (tab: Tab) => tab.evaluate(() => window.nightlatch!.remaining()!);
export const reasonOf = (tab: Tab) => tab.evaluate(() => new URLSearchParams(location.search).get('reason'));
export const pathOf = (tab: Tab) => tab.evaluate(() => location.pathname);

/** When the idle limit of this page's session began to run, as the page was told. */
export const idleSince = (tab: Tab, idle = 6000) =>
  tab.evaluate((idle) => performance.timeOrigin + performance.now() - idle + window.nightlatch!.remaining()!, idle);

export const notes = (tab: Tab): Promise<Note[]> => tab.evaluate(() => JSON.parse(sessionStorage.getItem('witness') ?? '[]'));

/** When something happened first in this tab. */
export const firstly = async (tab: Tab, what: string): Promise<number> => (await happenings(tab, what))[0]!.at;

/** When something happened last in this tab, and never mind on which page. */
export const lastly = async (tab: Tab, what: string): Promise<number> => (await happenings(tab, what)).at(-1)!.at;

async function happenings(tab: Tab, what: string): Promise<Note[]> {
  const all = await notes(tab);
  const found = all.filter((note) => note.what === what);
  if (!found.length) throw new Error(`it never came to "${what}": ${JSON.stringify(all)}`);
  return found;
}

export const happened = async (tab: Tab, what: string) => (await notes(tab)).filter((note) => note.what === what).map((note) => note.detail);

/** What went wrong in the page without being caught. */
export const errors = (tab: Tab) => happened(tab, 'error');

/** A real click on a button of the warning or the cover. */
export async function click(tab: Tab, part: 'stay' | 'sign-out' | 'unlock'): Promise<void> {
  await tab.bringToFront();
  await waitFor(tab, (part) => window.witness.inWarning(part) ?? window.witness.inCover(part), { args: [part] });
  const [x, y] = await tab.evaluate((part) => {
    const { left, top, width, height } = (window.witness.inWarning(part) ?? window.witness.inCover(part))!.getBoundingClientRect();
    return [left + width / 2, top + height / 2] as const;
  }, part);
  await tab.click(x, y);
}

/** Real keys into the first field of the page. */
export async function type(tab: Tab, text: string): Promise<void> {
  await tab.bringToFront();
  await tab.evaluate(() => document.querySelector('input')!.focus());
  await tab.type(text);
}

/** A person at this page until the returned function is called. */
export function keepMoving(tab: Tab, every = 300): () => Promise<void> {
  let on = true;
  const moving = (async () => {
    for (let i = 0; on; i += 1) {
      await tab.move(40 + (i % 40) * 5, 60 + (i % 30) * 4).catch(() => {});
      await pause(every);
    }
  })();
  return async () => {
    on = false;
    await moving;
  };
}
