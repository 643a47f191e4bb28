import type { CookieData } from 'puppeteer-core';
import { startChromium, type PlainChromium, type Recorded, type Tab } from './plain-chromium.js';
import { startServer } from './real-server.js';
import type { Launch, Server } from './server.js';
import { recordTraffic, type Traffic } from './traffic.js';

export interface PlainStage {
  server: Server;
  chromium: PlainChromium;
  traffic: Traffic;
  handle: string;
  /** When the idle limit is reached if nobody does anything, as the server would tell. */
  deadline: number;
  /** Opens a page of the application and waits until it knows its session. */
  open(path?: string, where?: 'tab' | 'window', recorded?: Recorded): Promise<Tab>;
  /** A tab of something else. */
  elsewhere(): Promise<Tab>;
  /** When the server's end of the session is written down, and the instant that it is dated at. */
  audited(): Promise<{ seen: number; at: number; reason: string }>;
  /** Another session, as of now. */
  signIn(): Promise<void>;
  /** Names the session; another browser that has it shares the session. */
  cookie: CookieData;
  close(): Promise<void>;
}

/** Whether the real server is there; these tests say nothing about another one. */
export const real = !!process.env['NIGHTLATCH_BIN'];

export async function setPlainStage(launch: Launch = {}, switches: string[] = []): Promise<PlainStage> {
  const traffic = recordTraffic();
  const [server, chromium] = await Promise.all([startServer({ ...launch, watch: traffic.watch }), startChromium(switches)]);
  const stage: PlainStage = {
    server,
    chromium,
    traffic,
    handle: '',
    deadline: 0,
    cookie: { name: '', value: '', domain: '' },
    async open(path = '/', where, recorded) {
      const tab = await chromium.open(server.url(path), where, recorded);
      await tab.page.waitForFunction(() => window.nightlatch && window.nightlatch.state.phase !== 'unknown', { polling: 50 });
      return tab;
    },
    elsewhere: () => chromium.open('about:blank', 'tab', 'nothing'),
    async audited() {
      for (;;) {
        const row = (await server.audit()).find(({ handle }) => handle === stage.handle);
        if (row) return { seen: Date.now(), at: Date.parse(row.at!), reason: row.reason };
        await passing(20);
      }
    },
    async signIn() {
      let cookie = { name: '', value: '' };
      const addCookies = async ([one]: readonly { name: string; value: string }[]) => void (cookie = one!);
      const before = Date.now();
      stage.handle = (await server.signIn({ addCookies })).handle;
      stage.deadline = before + server.policy.idle;
      stage.cookie = { ...cookie, domain: new URL(server.origin).hostname, path: '/', httpOnly: true };
      await chromium.browser.setCookie(stage.cookie);
    },
    async close() {
      await chromium.close();
      await server.close();
    },
  };
  await stage.signIn();
  return stage;
}

export const passing = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)); // tidy: sleeps because real time is what these tests are about

export const until = (instant: number) => passing(Math.max(0, instant - Date.now()));
