// What leaves the browser while somebody types and moves the pointer, all of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepNetLog, readNetLog, type Asked } from './net-log.js';
import { undeclared } from './outgoing.js';
import { passing, real, setPlainStage } from './plain-stage.js';
import type { Request } from './traffic.js';

/** How long somebody types; `NIGHTLATCH_TYPING_SECONDS=60` for the whole minute. */
const SECONDS = Number(process.env['NIGHTLATCH_TYPING_SECONDS'] ?? 16);
const SECRET = 'Zaunkoenig-7413';
/** A request may be on its way for so long. */
const UNDERWAY = 250;

describe.skipIf(!real)('While a secret is typed and the pointer moves in two windows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-net-'));
  let requests: Request[];
  let asked: Asked[];
  let log: string;
  let origin: string;

  beforeAll(async () => {
    const file = join(folder, 'net.json');
    const stage = await setPlainStage({ policy: { idle: 60_000, absolute: 3_600_000, warnBefore: 10_000 } }, keepNetLog(file));
    origin = stage.server.origin;
    const a = await stage.open(`/form?query=${SECRET}#${SECRET}`, 'window', 'nothing');
    const b = await stage.open('/other', 'window', 'nothing');
    await a.page.focus('input');
    const end = Date.now() + SECONDS * 1000;
    for (let i = 0; Date.now() < end; i += 1) {
      await a.page.keyboard.type(SECRET[i % SECRET.length]!);
      await Promise.all([a, b].map(({ page }) => page.mouse.move(40 + ((i * 7) % 300), 60 + ((i * 5) % 200))));
      if (i % 50 === 25) await a.page.evaluate((secret, n) => history.pushState(null, '', `/form/${n}?query=${secret}#${secret}`), SECRET, i);
      await passing(60);
    }
    expect(await a.page.$eval('input', (input) => (input as HTMLInputElement).value)).toContain(SECRET);
    await a.page.evaluate(() => void window.nightlatch!.signOut());
    await stage.audited();
    await passing(500);
    requests = stage.traffic.requests;
    await stage.close();
    ({ asked, text: log } = readNetLog(file));
  }, SECONDS * 1000 + 30_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Not what the browser loads because somebody opened a page. */
  const ours = () => requests.filter(({ url }) => /^\/nightlatch\/(?!signed-out|page\.css|mark\.svg)/.test(url));

  test('Every request is one of those declared, key by key', () => {
    expect(ours().length).toBeGreaterThan(SECONDS / 5);
    expect(ours().flatMap((request) => undeclared(request))).toEqual([]);
  });

  test('The secret is in none of them, nor is a query', () => {
    const text = ours().map(({ method, url, headers: { referer: _, ...headers }, body }) => JSON.stringify([method, url, headers, body]));
    expect(text.filter((one) => one.includes(SECRET) || one.includes('query'))).toEqual([]);
    for (const { url } of ours()) expect(url).not.toContain('?');
  });

  test('Nor is it in the address of the page that the browser names with each question', () => {
    const questions = ours().filter(({ method, url }) => method !== 'GET' || url.endsWith('/session'));
    expect(questions.filter(({ headers }) => headers.referer?.includes(SECRET)).map(({ method, url }) => `${method} ${url}`)).toEqual([]);
  });

  test('At most one report in five seconds leaves, over all tabs', () => {
    const reports = requests.filter(({ method, url }) => method === 'POST' && url === '/nightlatch/activity');
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.length).toBeLessThanOrEqual(Math.floor(SECONDS / 5) + 1);
    for (const [i, report] of reports.slice(1).entries()) expect(report.at - reports[i]!.at).toBeGreaterThan(5000 - UNDERWAY);
  });

  test('Nothing goes to anybody else', () => {
    const fromUs = asked.filter(({ initiator }) => initiator === origin);
    expect(fromUs.length).toBeGreaterThan(ours().length / 2);
    expect(fromUs.filter(({ url }) => new URL(url).origin !== origin)).toEqual([]);
    // The signed-out page of our own server is told where the person was.
    const known = [`${origin}/form`, `${origin}/nightlatch/signed-out?`];
    expect(asked.filter(({ url }) => url.includes(SECRET) && !known.some((start) => url.startsWith(start)))).toEqual([]);
    // The log is of everything.
    expect(log).toContain('/nightlatch/activity');
  });
});
