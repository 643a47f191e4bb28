// Two applications as their makers publish them, behind the proxy: nobody has changed a line of them, and nothing but what the
// proxy puts into their pages tells these of the session.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApplications, type Applications } from './applications.js';
import { startLatch, type Latch } from './latch.js';
import { startChromium, type PlainChromium, type Tab } from './plain-chromium.js';
import { real } from './plain-stage.js';
import { reservePort } from './programs.js';

const MEGABYTES = Number(process.env['NIGHTLATCH_UPLOAD_MB'] ?? 20);
const MEGABYTE = 1 << 20;
/** Three and a little fit into the upload at a megabyte in a second. */
const idle = Math.floor((MEGABYTES * 1000) / 3.3);
const policy = { idle, absolute: 3_600_000, warnBefore: Math.floor(idle / 3) };

describe.runIf(real)('Behind the proxy', () => {
  let applications: Applications;
  let latch: Latch;
  let chromium: PlainChromium;
  let origin: string;
  let handle: string;
  let folder: string;

  beforeAll(async () => {
    applications = await startApplications();
    const host = `127.0.0.1:${await reservePort()}`;
    origin = `http://${host}`;
    latch = await startLatch(origin, policy, [
      `[proxy]\nlisten = "${host}"`,
      `[[sites]]\nhost = "${host}"\nupstream = "${applications.documentation}"`,
      `[[sites]]\nhost = "${host}"\npath = "/upload"\nupstream = "${applications.uploads}"`,
    ]);
    chromium = await startChromium();
    folder = mkdtempSync(join(tmpdir(), 'nightlatch-upload-'));
    writeFileSync(join(folder, 'scans.bin'), Buffer.alloc(MEGABYTES * MEGABYTE, 'x'));
  }, 60_000);
  afterAll(async () => {
    await chromium?.close();
    await latch?.close();
    await applications?.close();
    if (folder) rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    const made = await latch.api('POST', 'sessions', { subject: 'ada' });
    handle = made.handle;
    await chromium.browser.setCookie({ name: 'nightlatch', value: made.token, domain: '127.0.0.1', path: '/', httpOnly: true });
  });

  const ends = async () => (await latch.api('GET', `audit?kind=ended&handle=${handle}`)).records as { reason: string; at: string }[];
  const inWarning = ({ page }: Tab) =>
    page.waitForFunction(() => document.querySelector('nightlatch-warning')?.shadowRoot?.querySelector('dialog')?.open, { timeout: idle + 5000 });
  const isOut = ({ page }: Tab) => page.waitForFunction(() => location.pathname === '/nightlatch/signed-out', { timeout: idle + 15_000 });

  test('a static site warns and signs out in every tab, and Back shows nothing of it', async () => {
    const tabs = [await chromium.open(`${origin}/`), await chromium.open(`${origin}/holidays/`, 'window')];
    expect(await tabs[0]!.page.evaluate(() => document.body.innerText)).toContain('behind the painting');
    await Promise.all([tabs[0]!.page.waitForNavigation(), tabs[0]!.page.click('[role=main] a')]);
    await Promise.all(tabs.map(inWarning));
    await Promise.all(tabs.map(isOut));
    expect((await ends()).map(({ reason }) => reason)).toEqual(['idle']);
    const { page } = tabs[0]!;
    await page.evaluate(() => void setTimeout(() => history.back())); // tidy: sleeps because going back inside this call would break it off
    await page.waitForFunction(() => document.readyState === 'complete');
    await isOut(tabs[0]!);
    expect(await page.evaluate(() => document.body.innerText)).not.toContain('painting');
    // Its own scripts complain of fonts that are not there; nothing complains of us.
    expect(tabs.flatMap(({ console }) => console).filter((line) => /nightlatch|Content Security Policy/.test(line))).toEqual([]);
  });

  async function uploading() {
    const tab = await chromium.open(`${origin}/upload`);
    await tab.protocol.send('Network.enable');
    await tab.protocol.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: MEGABYTE });
    const input = await tab.page.waitForSelector('input[type=file]');
    await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(join(folder, 'scans.bin'));
    await tab.page.click('input[type=submit]');
    return tab;
  }
  test('an upload over three idle periods is not interrupted, and the session ends one idle period after it', async () => {
    const tab = await uploading();
    const started = Date.now();
    await tab.page.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('Success'), { timeout: MEGABYTES * 2000 });
    const finished = Date.now();
    expect(finished - started).toBeGreaterThan(3 * idle);
    expect(applications.received('scans.bin')).toBe(MEGABYTES * MEGABYTE);
    expect(await ends()).toEqual([]);
    await isOut(tab);
    const [end] = await ends();
    expect(end!.reason).toBe('idle');
    const after = Date.parse(end!.at) - finished;
    expect(after).toBeGreaterThan(idle - 2000);
    expect(after).toBeLessThan(idle + 2000);
  }, MEGABYTES * 2000 + 60_000);

  test('an upload that stalls holds nothing', async () => {
    const tab = await uploading();
    await tab.page.waitForFunction(() => /^[5-9]%|^\d\d%/.test(document.getElementById('status')?.textContent ?? ''), { timeout: 30_000 });
    // It takes no more bytes; those that are on their way fill a few buffers.
    applications.stall(true);
    const stalled = Date.now();
    await expect.poll(async () => (await ends()).map(({ reason }) => reason), { timeout: 4 * idle, interval: 200 }).toEqual(['idle']);
    expect(Date.now() - stalled).toBeGreaterThan(idle / 2);
    await isOut(tab);
    applications.stall(false);
  }, 90_000);
});
