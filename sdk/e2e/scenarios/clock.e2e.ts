import { expect } from 'vitest';
import type { Application } from '../application.js';
import type { Tab } from '../drivers/driver.js';
import { TOLERANCE, around, firstly, happened, idleSince, lastly, pathOf, reasonOf, remaining, waitFor, waitForCover, waitUntilOut, within } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

/** Where time is not what the scenario is about. */
const unhurried = { policy: { idle: 20_000 } };
/** A page that may be stored is kept as it is for going back. */
const kept = { headers: { 'cache-control': 'no-cache' } };

const noneKept = { firefox: 'keeps no page for going back that ever asked for a Web Lock; it loads the page anew' };

scenario('6: A page from the back/forward cache knows what time it is', { ...kept, except: noneKept }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab);
  await tab.goto(stage.server.url('/blank'));
  await tab.back();
  await waitFor(tab, () => location.pathname === '/' && window.nightlatch?.state.cover === null);
  // Covered in its first frame, before anybody was asked.
  expect(await happened(tab, 'shown')).toEqual(['covered']);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), start + 3000);
  around(await lastly(tab, 'left'), start + 6000);
});

for (const [what, outcome, launch] of [
  ['must not be stored', 'shows nothing of it', unhurried],
  ['may be stored', 'finds it covered', { ...unhurried, ...kept, except: { firefox: 'shows its stored copy of the page, which only `no-store` forbids' } }],
] as const) {
  scenario(`6: Going back to a page that ${what}, after signing out in another tab, ${outcome}`, launch, async (stage) => {
    const [tab, other] = await stage.openAll('/', '/');
    await tab.goto(stage.server.url('/blank'));
    await other.evaluate(() => void window.nightlatch!.signOut());
    await waitUntilOut(other);
    await tab.bringToFront();
    await tab.back();
    // Out of the cache it is covered and leaves; loaded anew it is the sign-in page.
    await waitFor(tab, () => location.pathname === '/nightlatch/signed-out' || document.title === 'Sign in');
    for (const shown of await happened(tab, 'shown')) expect(shown).toBe('covered');
  });
}

/** Sleep, as a page sees it: wall time goes on, nothing runs, the monotonic clock stands still, nothing is pushed. */
function sleepable() {
  Reflect.deleteProperty(window, 'EventSource');
  Reflect.deleteProperty(window, 'Worker');
  let [asleep, offset] = [false, 0];
  const { now } = Date;
  const interval = window.setInterval.bind(window);
  Date.now = () => now() + offset;
  window.setInterval = ((run: () => void, ms: number) => interval(() => asleep || run(), ms)) as typeof setInterval;
  Object.assign(window, {
    sleep: () => void (asleep = true),
    /** Wakes after this long; gives whether the page was covered in the first frame. */
    wake: (ms: number) => {
      offset += ms;
      asleep = false;
      document.dispatchEvent(new Event('visibilitychange'));
      return new Promise<boolean>((resolve) => requestAnimationFrame(() => resolve(!!window.witness.inCover())));
    },
  });
}

async function openSleepable(stage: Stage): Promise<Tab> {
  stage.server.application.inject(sleepable);
  return stage.open();
}
/** Whatever the page asks, it is answered after the first frame, however long a browser without a graphics card takes for one. */
const slowly: Application['mishap'] = ({ route }) => (route === 'session' ? { kind: 'late', ms: 2500 } : undefined);
const wake = (tab: Tab, ms: number) => tab.evaluate((ms) => (window as any).wake(ms) as Promise<boolean>, ms);

scenario('9: Waking from sleep covers the page before anything else and shows no dialog', unhurried, async (stage) => {
  const tab = await openSleepable(stage);
  await tab.evaluate(() => (window as any).sleep());
  await stage.server.end(stage.handle, 'admin');
  stage.server.application.mishap = slowly;
  expect(await wake(tab, 3_600_000)).toBe(true);
  await waitUntilOut(tab);
  expect(await reasonOf(tab)).toBe('admin');
  expect(await happened(tab, 'opened')).toEqual([]);
});

scenario('9: Waking without a network keeps the page covered', unhurried, async (stage) => {
  const tab = await openSleepable(stage);
  await tab.evaluate(() => (window as any).sleep());
  stage.server.application.cut(true);
  expect(await wake(tab, 3_600_000)).toBe(true);
  await waitForCover(tab, 'offline');
  expect(await happened(tab, 'uncovered')).toEqual([]);
  expect(await happened(tab, 'opened')).toEqual([]);
});

scenario('9: Setting the clock forward only costs a question', unhurried, async (stage) => {
  const tab = await openSleepable(stage);
  stage.server.application.mishap = slowly;
  expect(await wake(tab, 3_600_000)).toBe(true);
  await waitForCover(tab, null);
  expect(await happened(tab, 'opened')).toEqual([]);
  expect(await stage.server.ended(stage.handle)).toBe(false);
  expect(await remaining(tab)).toBeGreaterThan(3000);
});

scenario('9: Setting the clock back changes nothing', async (stage) => {
  const tab = await openSleepable(stage);
  const start = await idleSince(tab);
  expect(await wake(tab, -3_600_000)).toBe(false);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), start + 3000);
  around(await lastly(tab, 'left'), start + 6000);
});

scenario('10: Hiding the only tab does not extend', { needs: ['hidden'] }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab);
  const front = await stage.profile.newTab();
  await waitFor(tab, () => document.hidden);
  await waitUntilOut(tab);
  // Timers of hidden pages come once a second.
  expect(await lastly(tab, 'left')).toBeGreaterThan(start + 6000 - TOLERANCE);
  within(1000 + TOLERANCE, start + 6000, await lastly(tab, 'left'));
  expect(await reasonOf(tab)).toBe('idle');
  await front.close();
});

scenario('A limit of two seconds is kept like any other', { policy: { idle: 2000, warnBefore: 1000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 2000);
  await waitUntilOut(tab);
  // The warning shows for one second. It is looked up afterwards: a test that has to wait for its turn may miss it.
  expect(await firstly(tab, 'opened')).toBeLessThan(await lastly(tab, 'left'));
  around(await lastly(tab, 'left'), start + 2000);
  expect(await reasonOf(tab)).toBe('idle');
});

scenario('A page whose reload comes after the end is the sign-in page', async (stage) => {
  const tab = await stage.open();
  // Or it would leave by itself at the same time.
  await tab.evaluate(() => window.nightlatch!.stop());
  await stage.server.end(stage.handle, 'admin');
  await tab.goto(stage.server.url('/'));
  await waitFor(tab, () => document.title === 'Sign in');
  expect(await pathOf(tab)).toBe('/');
});
