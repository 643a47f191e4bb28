// Our own pages, as the demo shows them: nothing for axe-core to find.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './drivers/chromium.js';
import { reservePort, startProgram, type Program } from './programs.js';

const binary = process.env['NIGHTLATCH_BIN'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!binary)('The demo and the signed-out page', () => {
  let demo: Program;
  let bank = '';
  let browser: Browser;

  beforeAll(async () => {
    const [port, management] = [await reservePort(), await reservePort()];
    demo = await startProgram(binary!, ['demo', '--port', String(port), '--management-port', String(management)], { listens: [port, management] });
    bank = `http://127.0.0.1:${port}`;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      test(`axe-core finds nothing, ${colorScheme}, ${width} px`, async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
        const page = await context.newPage();
        await page.goto(`${bank}/demo/sign-in`);
        await nothingFound(page);
        await page.getByRole('button', { name: /Chiara/ }).click();
        for (const path of ['/', '/billing', '/upload', '/admin', '/nightlatch/signed-out?reason=idle', '/nightlatch/signed-out']) {
          await page.goto(bank + path);
          await nothingFound(page);
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path).toBe(true);
        }
        await context.close();
      });
    }
  }
});

async function nothingFound(page: Page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => (window as any).axe.run());
  expect(violations.map((violation: any) => `${page.url()}: ${violation.id} ${violation.nodes[0]?.html}`)).toEqual([]);
}
