// A page with the two elements of dist/ and a session that the test drives by hand: every state at once, no server, no waiting.
import { readFile } from 'node:fs/promises';
import type { BrowserContext, Page } from 'playwright-core';
import type { Session } from '../src/session-element/session.js';

const dist = new URL('../dist/', import.meta.url);
const ORIGIN = 'http://elements.test';

export type State = Session['state'];

export interface Driven extends Session {
  /** What was asked of it, in order. */
  calls: string[];
  /** Changes what is shown, and how many seconds are left. */
  show(state: Partial<State>, seconds?: number): void;
}

declare global {
  interface Window {
    driven: Driven;
  }
}

/** Runs in the page before everything else; has to stand alone. */
function drive(): void {
  const listeners = new Set<() => void>();
  let left: number | null = null;
  const calls: string[] = [];
  const note = (call: string) => (calls.push(call), Promise.resolve(true));
  const driven = {
    state: { phase: 'active', kind: 'idle', onIdle: 'sign-out', canExtend: true, cover: null, trouble: false, extending: false, reason: null, signInUrl: null } as State,
    calls,
    remaining: () => left,
    extend: () => note('extend'),
    signOut: async () => void note('signOut'),
    cover: () => void note('cover'),
    subscribe: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)),
    show(state: Partial<State>, seconds?: number) {
      driven.state = { ...driven.state, ...state };
      if (seconds !== undefined) left = seconds * 1000;
      for (const listener of listeners) listener();
    },
  };
  window.driven = (window as any).nightlatch = driven;
}

export interface PageOptions {
  lang?: string;
  /** Of `<nightlatch-warning>`. */
  attributes?: string;
  csp?: string;
  body?: string;
  /** Files of dist/ that cannot be had. */
  missing?: RegExp;
}

const html = ({ lang = 'en', attributes = '', body }: PageOptions) => `<!doctype html>
<html${lang && ` lang="${lang}"`}${/^(ar|he)/.test(lang) ? ' dir="rtl"' : ''}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ledger</title><link rel="icon" href="/own.svg"><link rel="stylesheet" href="/page.css">
<script type="module" src="/element.js"></script><script type="module" src="/status.js"></script></head>
<body><main>${body ?? '<h1>Ledger</h1><p id="around"><input id="name" aria-label="Name"> <button id="first">First</button> <button id="second">Second</button></p>'}
<p><nightlatch-status></nightlatch-status></p></main><nightlatch-warning ${attributes}></nightlatch-warning></body></html>`;

const css = ':root{color-scheme:light dark}body{font:1rem/1.5 system-ui;margin:2rem}';

/** Opens the page; what its console says goes to `said`. */
export async function openElements(context: BrowserContext, options: PageOptions = {}, said: string[] = []): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`uncaught: ${error.message}`));
  await page.addInitScript(drive);
  await page.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (options.missing?.test(pathname)) return route.fulfill({ status: 404 });
    if (pathname === '/own.svg') return route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
    if (pathname === '/page.css') return route.fulfill({ contentType: 'text/css', body: css });
    if (pathname.endsWith('.js')) return route.fulfill({ contentType: 'text/javascript', body: await readFile(new URL(`.${pathname}`, dist), 'utf8') });
    const headers = options.csp ? { 'content-security-policy': options.csp } : undefined;
    return route.fulfill({ contentType: 'text/html', body: html(options), ...(headers && { headers: { ...headers, 'content-type': 'text/html' } }) });
  });
  const parts = options.missing ? [] : [page.waitForResponse(/aside\.js$/)];
  await page.goto(`${ORIGIN}/`);
  await page.waitForFunction(() => customElements.get('nightlatch-warning') && customElements.get('nightlatch-status'));
  await Promise.all(parts);
  // The aside has put its style in place.
  if (!options.missing) await page.waitForFunction(() => document.querySelector('nightlatch-warning')!.shadowRoot!.adoptedStyleSheets.length === 2);
  if (!options.missing && !lang(options).startsWith('en')) await page.waitForFunction(speaks, lang(options));
  return page;
}

const lang = ({ lang = 'en' }: PageOptions) => lang || 'en';

/** Whether the badge, which shows at all times, has the language. */
const speaks = (tag: string) => document.querySelector('nightlatch-status')!.shadowRoot!.querySelector<HTMLElement>('[part~=badge]')!.lang === tag;

export const show = (page: Page, state: Partial<State>, seconds?: number) =>
  page.evaluate(([next, left]) => window.driven.show(next, left), [state, seconds] as const);

export const calls = (page: Page) => page.evaluate(() => window.driven.calls);
