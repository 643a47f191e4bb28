import { expect } from 'vitest';
import type { Mishap } from '../application.js';
import { around, click, errors, happened, idleSince, lastly, reasonOf, remaining, state, waitFor, waitForCover, waitForWarning, waitUntilClosed, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';

scenario('15: A lost answer is told, repeated, and not pretended', { policy: { idle: 9000, warnBefore: 6000 } }, async (stage) => {
  const { application } = stage.server;
  const tab = await stage.open();
  application.mishap = ({ route }) => (route === 'extend' ? { kind: 'lost' } : undefined);
  await waitForWarning(tab);
  await click(tab, 'stay');
  await waitFor(tab, () => window.witness.inWarning()!.textContent!.includes('cannot be reached'));
  expect(await state(tab)).toMatchObject({ phase: 'warning', extending: true, trouble: true });
  application.mishap = () => undefined;
  await waitUntilClosed(tab);
  expect(await remaining(tab)).toBeGreaterThan(6000);
  expect(await stage.server.ended(stage.handle)).toBe(false);
});

scenario('15: When "stay" never arrives the server decides at zero', async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab);
  stage.server.application.mishap = ({ route }) => (route === 'extend' ? { kind: 'lost' } : undefined);
  await waitForWarning(tab);
  await click(tab, 'stay');
  await waitUntilOut(tab);
  around(await lastly(tab, 'left'), start + 6000);
  expect(await reasonOf(tab)).toBe('idle');
});

const portal: Mishap = { kind: 'instead', status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Welcome to the hotel</title>' };
const outages: [string, Mishap][] = [
  ['a captive portal answers', portal],
  ['the server answers 500', { kind: 'instead', status: 500, headers: { 'content-type': 'application/json' }, body: '{}' }],
  ['everything is redirected', { kind: 'instead', status: 302, headers: { location: '/blank' }, body: '' }],
  ['JSON comes that is not about a session', { kind: 'instead', status: 200, headers: { 'content-type': 'application/json' }, body: '{"phase":"active","idle_remaining_ms":"forever"}' }],
];

for (const [what, mishap] of outages) {
  scenario(`When ${what}, the page is hidden at zero, and comes back or leaves when the server is back`, { policy: { idle: 4000, warnBefore: 2000 } }, async (stage) => {
    const { application } = stage.server;
    const tab = await stage.open();
    const start = await idleSince(tab, 4000);
    application.mishap = (call) => (call.route === 'signed-out' ? undefined : mishap);
    application.cut(true);
    application.cut(false);
    await waitForCover(tab, 'offline');
    around(await lastly(tab, 'covered'), start + 4000);
    application.mishap = () => undefined;
    await waitUntilOut(tab);
    expect(await reasonOf(tab)).toBe('idle');
    expect(await errors(tab)).toEqual([]);
  });
}

scenario('Without a wire the page is hidden at zero; once it is back the page leaves', { policy: { idle: 4000, warnBefore: 2000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 4000);
  await waitForWarning(tab);
  stage.server.application.cut(true);
  await waitForCover(tab, 'offline');
  around(await lastly(tab, 'covered'), start + 4000);
  stage.server.application.cut(false);
  await waitUntilOut(tab);
  expect(await errors(tab)).toEqual([]);
});

scenario('However long the network has been gone, the warning and the cover come on time', { policy: { idle: 16_000, warnBefore: 6000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 16_000);
  stage.server.application.cut(true);
  // It asks in vain, ever more seldom: the next time would be well after the warning is due.
  await tab.evaluate(() => window.nightlatch!.recheck());
  await waitFor(tab, () => window.nightlatch!.state.trouble);
  await waitForWarning(tab, 20_000);
  await waitForCover(tab, 'offline');
  around(await lastly(tab, 'opened'), start + 10_000);
  around(await lastly(tab, 'covered'), start + 16_000);
  stage.server.application.cut(false);
  await waitUntilOut(tab, 40_000);
});

scenario('Questions that hang hold up neither the warning nor the cover', { policy: { idle: 9000, warnBefore: 4000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 9000);
  stage.server.application.mishap = ({ route }) => (route === 'signed-out' ? undefined : { kind: 'late', ms: 30_000 });
  await waitForWarning(tab);
  await waitForCover(tab, 'checking');
  around(await lastly(tab, 'opened'), start + 5000);
  around(await lastly(tab, 'covered'), start + 9000);
});

scenario('A browser that knows it is offline asks as soon as it is online', { needs: ['offline'], policy: { idle: 4000, warnBefore: 2000 } }, async (stage) => {
  const tab = await stage.open();
  await waitForWarning(tab);
  await stage.profile.setOffline(true);
  await waitForCover(tab, 'offline');
  await stage.profile.setOffline(false);
  await waitUntilOut(tab);
});

scenario('A sign-out that the server has not heard of is not pretended', { policy: { idle: 20_000, warnBefore: 19_500 } }, async (stage) => {
  const tab = await stage.open();
  await waitForWarning(tab);
  stage.server.application.cut(true);
  await click(tab, 'sign-out');
  await waitFor(tab, () => window.witness.inCover()?.textContent?.includes('you are not signed out yet'));
  expect(await stage.server.ended(stage.handle)).toBe(false);
  stage.server.application.cut(false);
  await waitUntilOut(tab);
  expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['user']);
});

scenario('Answers that take three seconds sign nobody out early and cost no time', { policy: { idle: 8000, warnBefore: 4000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 8000);
  stage.server.application.mishap = ({ route }) => (route === 'signed-out' ? undefined : { kind: 'late', ms: 3000 });
  await waitForWarning(tab);
  around(await lastly(tab, 'opened'), start + 4000);
  await waitUntilOut(tab, 20_000);
  around(await lastly(tab, 'covered'), start + 8000);
});

scenario('A server that restarts during the warning loses nobody', { policy: { idle: 15_000, warnBefore: 13_000 } }, async (stage) => {
  const tab = await stage.open();
  await waitForWarning(tab);
  await stage.server.latch.stop();
  await stage.server.latch.start();
  await click(tab, 'stay');
  await waitUntilClosed(tab);
  expect(await stage.server.ended(stage.handle)).toBe(false);
  expect(await happened(tab, 'covered')).toEqual([]);
  expect(await errors(tab)).toEqual([]);
});
