// Where people were when they were signed out, and how they come back to it: through nightlatch's own proxy, to an application that
// has its own sign-in.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { startGateway, type Gateway } from '../gateways.js';
import { waitFor, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

/** With what is easily lost on the way. */
const QUERY = '/page?q=a%20b&w=%C3%A9&u=%2Fother%3Fa%3D1%26b';
const ADDRESS = `${QUERY}#part-2`;

interface Visit {
  tab: Tab;
  gateway: Gateway;
  visit(path: string): Promise<void>;
  /** The button of the page. */
  press(): Promise<void>;
  /** Ends the session from outside. */
  end(): Promise<void>;
  /** From the page that says what happened over the sign-in, to where that leads. */
  signInAgain(): Promise<string>;
}

/** Somebody who is signed in, and at the address. */
async function visiting(stage: Stage, idle: number, run: (one: Visit) => Promise<void>): Promise<void> {
  let gateway: Gateway;
  let handle = '';
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, gateway.origin);
    const html = (body: string) => void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><head><title>Wiki</title></head><body>${body}</body></html>`);
    if (url.pathname !== '/sign-in') return html('<h1>Page</h1><form method="post" action="/save"><input name="text"><button>Save</button></form>');
    if (request.method !== 'POST') return html('<h1>Sign in</h1><form method="post"><button>Ada</button></form>');
    const back = new URL(url.searchParams.get('return_to') ?? '/', gateway.origin);
    const made = await gateway.latch.api('POST', 'sessions', { subject: 'ada', application: 'wiki' });
    handle = made.handle;
    response.writeHead(303, { location: back.origin === gateway.origin ? back.href : '/', 'set-cookie': made.set_cookie }).end();
  }
  const wiki = createServer((request, response) => void respond(request, response).catch((error) => response.writeHead(500).end(String(error))));
  await new Promise<void>((resolve) => wiki.listen(0, '127.0.0.1', resolve));
  gateway = await startGateway("nightlatch's own", { idle, absolute: 600_000, warnBefore: 1000 }, `http://127.0.0.1:${(wiki.address() as AddressInfo).port}`);
  const tab = await stage.profile.newTab();
  const isAt = (title: string) => waitFor(tab, (title) => document.querySelector('h1')?.textContent === title, { args: [title] });
  const press = () => tab.evaluate(() => void setTimeout(() => document.querySelector('button')!.click())); // tidy: sleeps because leaving inside this call would break it off
  const signIn = async () => {
    await isAt('Sign in');
    await press();
    await isAt('Page');
  };
  const visit = async (path: string) => {
    // From elsewhere: the same page with another part of it is not asked for again.
    await tab.goto(stage.server.url('/blank'));
    await tab.goto(gateway.origin + path);
  };
  try {
    await visit(ADDRESS);
    await signIn();
    await visit(ADDRESS);
    await waitFor(tab, () => ['active', 'warning'].includes(window.nightlatch?.state.phase ?? ''));
    await run({
      tab,
      gateway,
      visit,
      press,
      end: () => gateway.latch.api('DELETE', `sessions/${handle}`),
      async signInAgain() {
        await waitUntilOut(tab);
        await waitFor(tab, () => document.querySelector('a[href*="/sign-in"]'));
        await tab.evaluate(() => void setTimeout(() => document.querySelector<HTMLAnchorElement>('a[href*="/sign-in"]')!.click())); // tidy: sleeps because leaving inside this call would break it off
        await signIn();
        return (await tab.evaluate(() => location.href)).replace(gateway.origin, '');
      },
    });
  } finally {
    await gateway.close();
    wiki.close();
  }
}

scenario('Signed out for being idle, "Sign in again" leads back to the page, with query and fragment', { signedOut: true }, (stage) =>
  visiting(stage, 4000, async ({ signInAgain }) => {
    expect(await signInAgain()).toBe(ADDRESS);
  }));

scenario('The same after the SDK heard of an end, and after another address of the page was shown', { signedOut: true }, (stage) =>
  visiting(stage, 300_000, async ({ tab, end, signInAgain }) => {
    await tab.evaluate(() => history.pushState(null, '', '/page?step=2&x=%26#third'));
    await end();
    expect(await signInAgain()).toBe('/page?step=2&x=%26#third');
  }));

scenario('The same after a cookie was sent whose session was over', { signedOut: true }, (stage) =>
  visiting(stage, 300_000, async ({ tab, end, visit, signInAgain }) => {
    await tab.goto(stage.server.url('/blank'));
    await end();
    await visit(ADDRESS);
    expect(await signInAgain()).toBe(ADDRESS);
  }));

scenario('A form that was sent after the end leads back to its page', { signedOut: true }, (stage) =>
  visiting(stage, 300_000, async ({ tab, press, end, signInAgain }) => {
    // The page hears of nothing.
    await tab.evaluate(() => window.nightlatch!.stop());
    await end();
    await press();
    // Browsers tell nobody which part of the page the form stood in.
    expect(await signInAgain()).toBe(QUERY);
  }));
