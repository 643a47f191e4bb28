// Every documented set-up in a browser, from the first visit over the sign-in, the end and the second sign-in, back to the very address.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './drivers/chromium.js';
import { setUps, startGateway, type Gateway } from './gateways.js';

const policy = { idle: 600_000, absolute: 3_600_000, warnBefore: 1000, more: '[[policy.gates]]\nmatch = { path = "/admin/**" }\nmax_age = "8s"\n' };
/** With what is easily lost on the way. */
const address = '/page?q=a%20b&w=%C3%A9#part';

describe.skipIf(!process.env['NIGHTLATCH_BIN'])('A documented set-up', () => {
  let browser: Browser;
  let wiki: Server;
  let gateway: Gateway;
  /** The address that the sign-in page was given last. */
  let asked = new URLSearchParams();
  /** Of the session that was made last. */
  let handle = '';

  /** An application whose back end signs people in over the management API. */
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, gateway.origin);
    const html = (body: string) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>Wiki</title>${body}`);
    if (url.pathname === '/assets/style.css') return void response.writeHead(200, { 'content-type': 'text/css' }).end('h1{color:rgb(1,2,3)}');
    if (url.pathname !== '/sign-in') return void html(`<h1>Hello ${request.headers['nightlatch-subject']}</h1>`);
    if (request.method !== 'POST') {
      asked = url.searchParams;
      return void html(`<link rel="stylesheet" href="/assets/style.css"><h1>Sign in</h1><form method="post"><button>Ada</button></form>`);
    }
    const back = new URL(url.searchParams.get('return_to') ?? '/', gateway.origin);
    const made = await gateway.latch.api('POST', 'sessions', { subject: 'ada', application: 'wiki' });
    response.writeHead(303, { location: back.origin === gateway.origin ? back.href : '/', 'set-cookie': made.set_cookie }).end();
    handle = made.handle;
  }

  beforeAll(async () => {
    browser = await launchChromium();
    wiki = createServer((request, response) => void respond(request, response).catch((error) => response.writeHead(500).end(String(error))));
    await new Promise<void>((resolve) => wiki.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser?.close();
    wiki?.close();
  });

  test.each(setUps)('leads from the first visit to the second sign-in: %s', async (name) => {
    gateway = await startGateway(name, policy, `http://127.0.0.1:${(wiki.address() as AddressInfo).port}`);
    const context = await browser.newContext();
    const page = await context.newPage();
    const title = () => page.textContent('h1');
    // From elsewhere: an address with the same page and a part of it is not asked for again.
    const visit = async (path: string) => (await page.goto('about:blank'), await page.goto(gateway.origin + path));
    const signIn = async () => {
      expect(await title()).toBe('Sign in');
      // What the page needs is open as well.
      expect(await page.evaluate(() => getComputedStyle(document.querySelector('h1')!).color)).toBe('rgb(1, 2, 3)');
      await Promise.all([page.waitForEvent('load'), page.click('button')]);
    };
    try {
      await visit(address);
      expect(new URL(page.url()).pathname).toBe('/sign-in');
      await signIn();
      expect(page.url()).toBe(gateway.origin + address);
      expect(await title()).toBe('Hello ada');

      await gateway.latch.api('DELETE', `sessions/${handle}`);
      await visit(address);
      expect(new URL(page.url()).pathname).toBe('/nightlatch/signed-out');
      await Promise.all([page.waitForEvent('load'), page.click('a[href*="/sign-in"]')]);
      await signIn();
      expect(await title()).toBe('Hello ada');
      await visit(address);
      expect(page.url()).toBe(gateway.origin + address);
      expect(await title()).toBe('Hello ada');

      // A gate asks for a fresher authentication, and the sign-in page is behind no gate.
      await expect.poll(async () => (await visit('/admin/users'), new URL(page.url()).pathname), { timeout: 40_000 }).toBe('/sign-in');
      expect(asked.get('max_age')).toBe('8');
      await signIn();
      expect(page.url()).toBe(`${gateway.origin}/admin/users`);
      expect(await title()).toBe('Hello ada');
    } finally {
      await context.close();
      await gateway.close();
    }
  });
});
