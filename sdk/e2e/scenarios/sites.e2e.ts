import { expect } from 'vitest';
import { happened, lastly, pause, reasonOf, waitFor, waitUntilOut, within } from '../stage/page.js';
import { scenario, starters } from '../stage/scenario.js';

scenario('11: When the application is opened after the end, the first thing to see is the sign-in page', { policy: { idle: 3000, warnBefore: 1000 } }, async (stage) => {
  const tab = await stage.open();
  const rest = await stage.profile.newTab();
  await tab.close();
  await pause(4000);
  await rest.goto(stage.server.url('/'));
  expect(await rest.evaluate(() => document.title)).toBe('Sign in');
  expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['idle']);
});

scenario('17: A person whose sessions are all ended leaves in the other browser as well, within a second', { policy: { idle: 20_000 } }, async (stage) => {
  const other = await starters[stage.browser.name === 'firefox' ? 'chromium' : 'firefox']();
  try {
    const profile = await other.profile();
    await stage.server.signIn(profile);
    const [here, there] = [await stage.open(), await profile.newTab()];
    await there.goto(stage.server.url('/'));
    await waitFor(there, () => window.nightlatch?.state.phase === 'active');
    await expect.poll(async () => (await stage.server.requests('GET events')).length).toBe(2);
    const ended = Date.now();
    await stage.server.latch.api('POST', 'sessions/end', { selector: { subject: 'ada' } });
    for (const tab of [here, there]) {
      await waitUntilOut(tab);
      within(1000, ended, await lastly(tab, 'left'));
      expect(await reasonOf(tab)).toBe('admin');
    }
  } finally {
    await other.close();
  }
});

scenario('23: Signing out on one site reaches the other site of the same session within a second', { policy: { idle: 20_000 } }, async (stage) => {
  const { application, latch } = stage.server;
  await latch.api('POST', 'applications', { id: 'twin', name: 'Twin', origins: [application.twin] });
  const there = await stage.profile.newTab();
  const here = await stage.open();
  await stage.profile.addCookies([{ name: 'nightlatch', value: stage.token, url: application.twin, httpOnly: true, sameSite: 'Lax' }]);
  await there.goto(`${application.twin}/`);
  await waitFor(there, () => window.nightlatch?.state.phase === 'active');
  await expect.poll(async () => (await stage.server.requests('GET events')).length).toBe(2);
  await here.evaluate(() => void window.nightlatch!.signOut());
  await waitUntilOut(here);
  await waitUntilOut(there);
  within(1000, await lastly(here, 'covered'), await lastly(there, 'left'));
  expect(await reasonOf(there)).toBe('user');
  expect(await happened(there, 'opened')).toEqual([]);
});
