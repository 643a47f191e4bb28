import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { pause, waitFor, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

/** Adds a frame to the page that is open already, and works in it like a person. */
async function workInFrame(tab: Tab, url: string): Promise<void> {
  await tab.evaluate((url) => {
    const frame = document.createElement('iframe');
    Object.assign(frame.style, { position: 'fixed', left: '50px', top: '50px', width: '300px', height: '200px' });
    frame.onload = () => (frame.dataset['loaded'] = 'yes');
    frame.src = url;
    document.body.append(frame);
  }, url);
  await waitFor(tab, () => document.querySelector<HTMLElement>('iframe[data-loaded]'));
  // A module script of the frame may still be on its way.
  await pause(300);
  await tab.click(90, 70);
  await tab.type('words');
}

const reports = async (stage: Stage) => (await stage.server.requests('POST activity')).length;

scenario('12: Input in a frame of the same origin that was added later counts', { policy: { idle: 9000 } }, async (stage) => {
  const tab = await stage.open();
  await workInFrame(tab, '/bare-frame');
  await expect.poll(() => reports(stage)).toBeGreaterThan(0);
});

scenario('12: Input in a frame of another origin without the script does not count', async (stage) => {
  const tab = await stage.open();
  await workInFrame(tab, `${stage.server.application.twin}/bare-frame`);
  await waitUntilOut(tab);
  expect(await reports(stage)).toBe(0);
});

scenario('12: Input in a frame of another origin that is allowed counts', { policy: { idle: 9000 } }, async (stage) => {
  stage.server.application.attributes = ` data-nightlatch-frames="https://other.example ${stage.server.application.twin}"`;
  const tab = await stage.open();
  await workInFrame(tab, `${stage.server.application.twin}/frame`);
  await expect.poll(() => reports(stage)).toBeGreaterThan(0);
});

scenario('12: Input in a frame of another origin that is not allowed does not count', async (stage) => {
  stage.server.application.attributes = ' data-nightlatch-frames="https://other.example"';
  const tab = await stage.open();
  await workInFrame(tab, `${stage.server.application.twin}/frame`);
  await waitUntilOut(tab);
  expect(await reports(stage)).toBe(0);
});
