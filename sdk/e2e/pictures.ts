// Draws the pictures of docs/theming.md and of the README anew: `npm run pictures`, with the binary in NIGHTLATCH_BIN.
import { test } from 'vitest';
import { openElements, show, type PageOptions, type State } from '../test/elements-page.js';
import { launchChromium } from './drivers/chromium.js';
import { reservePort, startProgram } from './programs.js';

const images = new URL('../../docs/images/', import.meta.url).pathname;

const body = `<style>
  body{margin:0;font:15px/1.6 system-ui;background:light-dark(#f3f4f9,#0e0f16);color:light-dark(#1a1c28,#e6e8f2)}
  main{max-inline-size:44rem;margin:auto;padding:1.5rem}h1{font-size:1.5rem;margin:0 0 1rem}
  table{inline-size:100%;border-collapse:collapse;background:light-dark(#fff,#181a24);border-radius:.75rem;overflow:hidden}
  td{padding:.7rem 1rem;border-block-end:1px solid light-dark(#e7e9f2,#262938)}td:last-child{text-align:end;font-variant-numeric:tabular-nums}
</style><h1>Ledger</h1><table><tr><td>Rent</td><td>−940.00</td></tr><tr><td>Salary</td><td>3 120.00</td></tr>
<tr><td>Bicycle shop</td><td>−61.50</td></tr><tr><td>Bakery</td><td>−8.40</td></tr><tr><td>Books</td><td>−34.00</td></tr></table>`;

const warning: Partial<State> = { phase: 'warning', kind: 'idle', canExtend: true };

interface Picture {
  state: Partial<State>;
  left: number;
  options?: PageOptions;
  dark?: boolean;
  size?: { width: number; height: number };
}

const pictures: Record<string, Picture> = {
  'warning-light': { state: warning, left: 42 },
  'warning-dark': { state: warning, left: 42, dark: true },
  'warning-absolute': { state: { ...warning, kind: 'absolute', canExtend: false }, left: 58 },
  'warning-arabic': { state: warning, left: 42, options: { lang: 'ar' } },
  'warning-phone': { state: warning, left: 42, size: { width: 360, height: 560 } },
  banner: { state: warning, left: 52, options: { attributes: 'dialog-at="30"' } },
  'cover-locked': { state: { phase: 'locked', cover: 'locked', signInUrl: '/sign-in' }, left: 600 },
  'cover-offline': { state: { cover: 'offline', trouble: true }, left: 0, dark: true },
};

test('Draws the pictures', async () => {
  const browser = await launchChromium();
  for (const [name, { state, left, options = {}, dark = false, size }] of Object.entries(pictures)) {
    const context = await browser.newContext({
      viewport: size ?? { width: 760, height: 460 },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      deviceScaleFactor: 1.5,
    });
    const page = await openElements(context, { body, ...options });
    await show(page, state, left);
    // Until what is drawn is what was said.
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))));
    await page.screenshot({ path: `${images}${name}.png` });
    await context.close();
  }
  await browser.close();
});

test('Draws the picture of the README: the warning over a page of the demo', async () => {
  const binary = process.env['NIGHTLATCH_BIN'];
  if (!binary) throw new Error('NIGHTLATCH_BIN names no server; build one with `cargo build` and set it to target/debug/nightlatch');
  const ports = [await reservePort(), await reservePort()];
  const demo = await startProgram(binary, ['demo', '--port', `${ports[0]}`, '--management-port', `${ports[1]}`], { listens: ports });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 720 }, reducedMotion: 'reduce' });
    await page.goto(`http://127.0.0.1:${ports[0]}/`);
    await page.getByRole('button', { name: 'Ada' }).first().click();
    await page.getByRole('alertdialog').getByText('0:17').waitFor({ timeout: 60_000 });
    await page.screenshot({ path: `${images}warning.png` });
  } finally {
    await browser.close();
    await demo.stop();
  }
});
