import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { around, click, happened, idleSince, lastly, pause, reasonOf, remaining, type, waitFor, waitForCover, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

const lock = { policy: { idle: 4000, warnBefore: 2000, onIdle: 'lock' } } as const;

/** Another tab in which the same person can sign in again. */
async function openSignIn(stage: Stage): Promise<() => Promise<void>> {
  const { application, reauthenticate } = stage.server;
  application.signIn = async () => (await reauthenticate(stage.handle)).set_cookie;
  const tab = await stage.profile.newTab();
  await tab.goto(stage.server.url('/blank'));
  return () => tab.evaluate(() => fetch('/sign-in', { method: 'POST' }).then(() => {}));
}

const fill = async (tab: Tab, text: string) => {
  await type(tab, text);
  await tab.evaluate(() => ((window as any).mark = true));
};
const filled = (tab: Tab) => tab.evaluate(() => [document.querySelector('input')!.value, (window as any).mark]);

scenario('25: A lock covers every tab at zero; signing in again elsewhere uncovers them as they were', { policy: { ...lock.policy, idle: 9000 } }, async (stage) => {
  const signInAgain = await openSignIn(stage);
  const [b, a] = await stage.openAll('/', '/');
  await fill(a, 'half a letter');
  await waitFor(a, () => window.witness.inWarning('left')?.textContent?.includes('locked in'));
  await waitForCover(a, 'locked');
  await waitForCover(b, 'locked');
  expect(await stage.server.audit()).toEqual([]);
  await signInAgain();
  await waitForCover(a, null, 5000);
  await waitForCover(b, null, 5000);
  expect(await filled(a)).toEqual(['half a letter', true]);
  expect(await remaining(a)).toBeGreaterThan(0);
  // It goes on as before: the next lock comes in its time.
  await waitForCover(a, 'locked');
});

scenario('25: A locked page keeps its secret while nobody can be asked', lock, async (stage) => {
  const signInAgain = await openSignIn(stage);
  const tab = await stage.open();
  const start = await idleSince(tab, 4000);
  await waitForCover(tab, 'locked');
  around(await lastly(tab, 'covered'), start + 4000);
  stage.server.application.cut(true);
  const covered = await happened(tab, 'uncovered');
  await waitFor(tab, () => window.nightlatch!.state.trouble || window.nightlatch!.state.phase === 'locked');
  stage.server.application.cut(false);
  await signInAgain();
  await waitForCover(tab, null, 8000);
  expect(covered).toEqual([]);
});

scenario('25: When somebody else signs in over a lock, the tabs leave', lock, async (stage) => {
  const tab = await stage.open();
  await waitForCover(tab, 'locked');
  await expect(stage.server.reauthenticate(stage.handle, 'eve')).rejects.toThrow();
  await waitUntilOut(tab);
  expect(await reasonOf(tab)).toBe('superseded');
  expect(await happened(tab, 'uncovered')).toEqual([]);
});

scenario('25: Signing out of a lock is possible', lock, async (stage) => {
  const tab = await stage.open();
  await waitForCover(tab, 'locked');
  await click(tab, 'sign-out');
  await waitUntilOut(tab);
  expect(await reasonOf(tab)).toBe('user');
});

scenario('25: A policy that changes to locking while the page is open locks it', { policy: { idle: 5000, warnBefore: 2000 }, changesPolicy: true }, async (stage) => {
  const tab = await stage.open();
  await stage.server.setPolicy({ onIdle: 'lock' });
  await waitForCover(tab, 'locked');
  expect(await stage.server.audit()).toEqual([]);
});

const stepUp = async (tab: Tab) => {
  await tab.evaluate(() => {
    // The package, as an application would have it in its own bundle.
    const script = document.createElement('script');
    script.type = 'module';
    script.textContent = `import { stepUp } from '/package/index.js';
      stepUp(window.nightlatch).then((done) => (window.steppedUp = done));`;
    document.body.append(script);
  });
  await waitForCover(tab, 'step-up');
};
const steppedUp = (tab: Tab) => waitFor(tab, () => (window as any).steppedUp !== undefined).then(() => tab.evaluate(() => (window as any).steppedUp));

scenario('25: Step-up covers the page until the person has signed in again, and keeps what was typed', { policy: { idle: 20_000 } }, async (stage) => {
  const signInAgain = await openSignIn(stage);
  const tab = await stage.open();
  await fill(tab, 'half a letter');
  await stepUp(tab);
  // Nobody signs in faster than the network tells the time.
  await pause(1000);
  await signInAgain();
  await waitForCover(tab, null, 8000);
  expect(await steppedUp(tab)).toBe(true);
  expect(await filled(tab)).toEqual(['half a letter', true]);
});

scenario('25: A step-up that is given up lets the page be as it was', { policy: { idle: 20_000 } }, async (stage) => {
  const tab = await stage.open();
  await stepUp(tab);
  await tab.evaluate(() => (window.nightlatch as any).cover(null));
  await waitForCover(tab, null);
  expect(await steppedUp(tab)).toBe(false);
});

scenario('25: A step-up during which the time runs out ends like any other', { policy: { idle: 5000 } }, async (stage) => {
  const tab = await stage.open();
  await stepUp(tab);
  await waitUntilOut(tab);
  expect(await happened(tab, 'uncovered')).toEqual([]);
});
