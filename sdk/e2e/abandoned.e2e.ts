// Tabs that are gone without a word: the server closes them, `absent` ends the session, and its place is free again. A tab that
// stays is not taken for one of them.
import { describe, expect, test } from 'vitest';
import { startChromium, type PlainChromium, type Tab } from './plain-chromium.js';
import { passing, real, setPlainStage, type PlainStage } from './plain-stage.js';
import type { RealServer } from './real-server.js';
import { within } from './stage/page.js';

const SECOND = 1000;
/** What docs/policy.md says: from when its stream broke, or it was asked in vain, and from the start of the server on. */
const [UNSERVED, UNANSWERED, UNSEEN_AFTER_START] = [10 * SECOND, 20 * SECOND, 20 * SECOND];
const ABSENT = 3 * SECOND;
/** How long the server takes to look, and to make an end visible. */
const NOTICED = 2 * SECOND;

const policy = {
  idle: 300 * SECOND,
  absolute: 600 * SECOND,
  absent: `${ABSENT}ms`,
  more: 'max_sessions = 1\non_max_sessions = "refuse"\n',
};

interface Case {
  stage: PlainStage;
  server: RealServer;
  /** Another browser with the same cookie. */
  another(): Promise<PlainChromium>;
  openTabs(): Promise<number>;
  /** The session ends `disconnected` not later than so long after `from`, and only then somebody may sign in. */
  endsWithin(limit: number, from: number): Promise<void>;
  /** The session is still there, and so long later, too. */
  lives(ms?: number): Promise<void>;
}

async function play(run: (one: Case) => Promise<void>): Promise<void> {
  const stage = await setPlainStage({ policy });
  const server = stage.server as RealServer;
  const others: PlainChromium[] = [];
  // In no browser: there may be none left.
  const signIn = () => server.signIn({ addCookies: async () => {} });
  const one: Case = {
    stage,
    server,
    async another() {
      const chromium = await startChromium();
      others.push(chromium);
      await chromium.browser.setCookie(stage.cookie);
      return chromium;
    },
    openTabs: async () => (await server.latch.api('GET', `sessions/${stage.handle}`)).open_tabs,
    async endsWithin(limit, from) {
      await expect(signIn()).rejects.toThrow('409');
      const { seen, reason } = await stage.audited();
      expect(reason).toBe('disconnected');
      within(limit + ABSENT + NOTICED, from, seen);
      await signIn();
    },
    async lives(ms = 0) {
      for (const end = Date.now() + ms; ; await passing(500)) {
        expect(await server.audit()).toEqual([]);
        if (Date.now() >= end) return;
      }
    },
  };
  try {
    await run(one);
  } finally {
    await Promise.all(others.map((chromium) => chromium.close()));
    await stage.close();
  }
}

/** Longer than an abandoned tab stays open and its absence lasts. */
const LONG = UNANSWERED + ABSENT + NOTICED;

async function openIn(chromium: PlainChromium, stage: PlainStage): Promise<Tab> {
  const tab = await chromium.open(stage.server.url(), 'tab', 'nothing');
  await tab.page.waitForFunction(() => window.nightlatch?.state.phase === 'active', { polling: 50 });
  return tab;
}

/** What happens to the only tab of a browser. */
const mishaps: [string, (chromium: PlainChromium, tab: Tab) => unknown][] = [
  ['Its browser is killed', (chromium) => chromium.kill()],
  // Never answered: there is nobody left to.
  ['Its page crashes', (_, tab) => void tab.protocol.send('Page.navigate', { url: 'chrome://crash' }).catch(() => {})],
  ['Its network is gone, and nobody breaks the connection', (_, tab) =>
    tab.protocol.send('Network.emulateNetworkConditions', { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 })],
];

describe.skipIf(!real).concurrent('A tab that is gone without a word', () => {
  test.each(mishaps)('%s: another one keeps the session, and with the last one it ends', (_, lose) =>
    play(async ({ stage, another, openTabs, endsWithin, lives }) => {
      const first = await openIn(stage.chromium, stage);
      const elsewhere = await another();
      const last = await openIn(elsewhere, stage);
      await expect.poll(openTabs).toBe(2);
      await lose(stage.chromium, first);
      await expect.poll(openTabs, { timeout: 2 * LONG }).toBe(1);
      await lives(ABSENT + NOTICED);
      await lose(elsewhere, last);
      await endsWithin(UNANSWERED, Date.now());
    }), 180_000);

  test('Its connection is cut: a short gap is none, a long one ends the session', () =>
    play(async ({ stage, server, openTabs, endsWithin, lives }) => {
      await openIn(stage.chromium, stage);
      await expect.poll(openTabs).toBe(1);
      server.application.cut(true);
      await passing(5 * SECOND);
      server.application.cut(false);
      await lives(LONG);
      expect(await openTabs()).toBe(1);
      server.application.cut(true);
      await endsWithin(UNSERVED, Date.now());
    }), 180_000);

  test('The server is killed: whoever is there when it is back keeps the session, and with nobody it ends', () =>
    play(async ({ stage, server, openTabs, endsWithin, lives }) => {
      await openIn(stage.chromium, stage);
      await expect.poll(openTabs).toBe(1);
      await server.latch.kill();
      await server.latch.start();
      await lives(UNSEEN_AFTER_START + ABSENT + NOTICED);
      expect(await openTabs()).toBe(1);
      await server.latch.kill();
      stage.chromium.kill();
      await server.latch.start();
      await endsWithin(UNSEEN_AFTER_START, Date.now());
    }), 180_000);
});
