// docs/browsers.md says what is played where; this keeps it true. `NIGHTLATCH_WRITE=1` writes it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { browserNames, type BrowserName } from './drivers/driver.js';
import { elsewhere } from './elsewhere.js';
import { exception, scenarios } from './stage/scenario.js';

const page = new URL('../../docs/browsers.md', import.meta.url);
const folder = new URL('scenarios/', import.meta.url);
const [begin, end] = ['<!-- begin: written by sdk/e2e/table.test.ts -->\n', '<!-- end -->'];

interface Row {
  number: number;
  title: string;
  where: (browser: BrowserName) => string | undefined;
}

async function rows(): Promise<Row[]> {
  for (const file of readdirSync(folder)) await import(new URL(file, folder).href);
  const played = scenarios.map((scenario): Row => {
    const [, number, title] = /^(?:(\d+): )?(.*)$/.exec(scenario.title)!;
    return { number: Number(number ?? Infinity), title: title!, where: (browser) => exception(scenario, browser) };
  });
  const others = elsewhere.map(({ number, title, file, except }): Row => ({
    number,
    title: `${title} (\`${file}\`)`,
    where: (browser) => except[browser],
  }));
  return [...played, ...others].sort((a, b) => a.number - b.number || a.title.localeCompare(b.title, 'en'));
}

function written(rows: Row[]): string {
  const reasons: string[] = [];
  const cell = (reason: string | undefined) => {
    if (!reason) return 'yes';
    if (!reasons.includes(reason)) reasons.push(reason);
    return `no (${reasons.indexOf(reason) + 1})`;
  };
  const lines = rows.map(({ number, title, where }) => `| ${isFinite(number) ? number : ''} | ${title} | ${browserNames.map((name) => cell(where(name))).join(' | ')} |`);
  const heads = ['| | scenario | Chromium | Firefox | WebKitGTK |', '|---|---|---|---|---|'];
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason[0]!.toUpperCase()}${reason.slice(1)}.`);
  return [...heads, ...lines, '', 'Why not:', '', ...notes, ''].join('\n');
}

test('The table of scenarios and browsers is what the scenarios say', async () => {
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(begin);
  const [, after] = rest!.split(end);
  const wanted = before + begin + '\n' + written(await rows()) + '\n' + end + after;
  if (process.env['NIGHTLATCH_WRITE']) writeFileSync(page, wanted);
  expect(readFileSync(page, 'utf8')).toBe(wanted);
});

test('Every numbered scenario is played in Chromium', async () => {
  const played = (await rows()).filter(({ where }) => !where('chromium'));
  const numbers = new Set(played.map(({ number }) => number).filter(isFinite));
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
});

test('Files that play scenarios of their own are there', () => {
  const missing = elsewhere.map(({ file }) => file).filter((file) => !existsSync(new URL(file, import.meta.url)));
  expect(missing).toEqual([]);
});
