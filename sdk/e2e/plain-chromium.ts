// Chromium as people run it: what is not in front is hidden, hidden pages are throttled, and a page can be frozen, thrown out
// of memory or crash. The usual drivers switch all of that off.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type CDPSession, type Page } from 'puppeteer-core';
import { record, type Note } from './recorder.js';

const switches =
  '--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** Which frames of a tab are recorded. */
export type Recorded = 'all' | 'changes' | 'nothing';

export interface Tab {
  page: Page;
  protocol: CDPSession;
  /** What happened in the tab so far, with the instants at which it happened there. */
  notes: Note[];
  /** The first note from number `from` on that is wanted, as soon as there is one. */
  noted(wanted: (note: Note) => boolean, from?: number, timeout?: number): Promise<Note>;
  /** What the page reported to the console, and errors that it did not catch. */
  console: string[];
}

export interface PlainChromium {
  browser: Browser;
  /** Opens a page in front of all others, which hides those of its window, or in a window of its own. */
  open(url: string, where?: 'tab' | 'window', recorded?: Recorded): Promise<Tab>;
  /**
   * Opens a page and, once it is `ready`, hides it and throws it out of memory, as the browser does where memory is short. Under a debugger
   * it comes back at once, behind the others.
   */
  discard(url: string, title: string, ready: () => Promise<unknown>): Promise<void>;
  /** Nothing of the browser runs, as in a machine that sleeps with its clocks going on, until it is woken. */
  standStill(asleep: boolean): void;
  /** It is gone at once and says nothing to anybody. */
  kill(): void;
  close(): Promise<void>;
}

export async function startChromium(more: string[] = []): Promise<PlainChromium> {
  const profile = mkdtempSync(join(tmpdir(), 'nightlatch-chromium-'));
  // Opens chrome://discards.
  writeFileSync(join(profile, 'Local State'), '{"internal_only_uis_enabled":true}');
  let alone = false;
  const browser = await puppeteer.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    ignoreDefaultArgs: true,
    args: [...switches.split(' '), '--remote-debugging-pipe', `--user-data-dir=${profile}`, ...more, 'about:blank'],
    pipe: true,
    defaultViewport: null,
    protocolTimeout: 120_000,
    targetFilter: () => !alone,
  });
  const root = await browser.target().createCDPSession();

  const inWindow = async () => {
    const known = new Set(browser.targets());
    await root.send('Target.createTarget', { url: 'about:blank', newWindow: true });
    const target = await browser.waitForTarget((one) => one.type() === 'page' && !known.has(one));
    return (await target.page())!;
  };

  return {
    browser,
    async open(url, where = 'tab', recorded: Recorded = 'all') {
      const page = where === 'tab' ? await browser.newPage() : await inWindow();
      const protocol = await page.createCDPSession();
      const tab: Tab = { page, protocol, console: [], ...(await watch(protocol, recorded)) };
      page.on('console', (message) => tab.console.push(message.text()));
      page.on('pageerror', (error) => tab.console.push(String(error)));
      await page.goto(url);
      return tab;
    },
    async discard(url, title, ready) {
      // A tab that is being debugged is never thrown out.
      alone = true;
      await root.send('Target.createTarget', { url });
      await ready();
      alone = false;
      const list = await browser.newPage();
      await list.goto('chrome://discards');
      await list.waitForFunction(throwOut, { polling: 100 }, title);
      // The list stays: closing it would bring its neighbour to the front.
    },
    standStill(asleep) {
      for (const pid of family(browser.process()!.pid!)) process.kill(pid, asleep ? 'SIGSTOP' : 'SIGCONT');
    },
    kill() {
      for (const pid of family(browser.process()!.pid!)) process.kill(pid, 'SIGKILL');
    },
    async close() {
      if (browser.connected) await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A process and all below it. */
function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '));
  return [pid, ...children.filter(Boolean).flatMap((child) => family(Number(child)))];
}

/** On chrome://discards: throws the tab out, once it is listed. */
function throwOut(title: string): boolean {
  const under = (node: ParentNode): HTMLElement[] =>
    [...node.querySelectorAll<HTMLElement>('*')].flatMap((element) => [element, ...(element.shadowRoot ? under(element.shadowRoot) : [])]);
  const row = under(document).find((element) => element.matches('tbody tr') && element.querySelector('.title-cell')?.textContent?.trim() === title);
  const actions = [...(row?.querySelectorAll<HTMLElement>('[is=action-link]') ?? [])];
  const action = actions.find(({ textContent }) => textContent?.trim() === '[Urgent Discard]');
  action?.click();
  return !!action;
}

async function watch(protocol: CDPSession, recorded: Recorded): Promise<Pick<Tab, 'notes' | 'noted'>> {
  const notes: Note[] = [];
  const waiting = new Set<() => void>();
  if (recorded !== 'nothing') {
    protocol.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name !== '__note') return;
      notes.push(JSON.parse(payload));
      for (const look of [...waiting]) look();
    });
    // All at once: the document may be on its way.
    await Promise.all([
      protocol.send('Runtime.addBinding', { name: '__note' }),
      protocol.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${record})(${recorded === 'changes'})` }),
      protocol.send('Page.enable'),
      protocol.send('Runtime.enable'),
    ]);
  }
  return {
    notes,
    noted: (wanted, from = 0, timeout = 20_000) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`not seen in ${timeout} ms: ${wanted}; but ${JSON.stringify(notes.slice(from))}`));
        }, timeout);
        const look = () => {
          const found = notes.slice(from).find(wanted);
          if (!found) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
