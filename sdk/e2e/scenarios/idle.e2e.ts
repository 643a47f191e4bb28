import { expect } from 'vitest';
import {
  around,
  click,
  errors,
  happened,
  idleSince,
  keepMoving,
  lastly,
  notes,
  pause,
  reasonOf,
  remaining,
  waitForWarning,
  waitUntilClosed,
  waitUntilOut,
  within,
} from '../stage/page.js';
import { scenario } from '../stage/scenario.js';

scenario('1: Without input the warning opens at 3 s and the session is over at 6 s', async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), start + 3000);
  around(await lastly(tab, 'left'), start + 6000);
  expect(await reasonOf(tab)).toBe('idle');
  expect(await tab.evaluate(() => document.querySelector('h1')!.textContent)).toMatch(/signed out/);
  expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['idle']);
  expect(await errors(tab)).toEqual([]);
  expect(await happened(tab, 'diagnostic')).toEqual([]);
});

scenario('2: Moving the mouse does not answer the warning; staying closes it in every tab', { policy: { idle: 14_000, warnBefore: 11_000 } }, async (stage) => {
  const [c, b, a] = await stage.openAll('/', '/', '/');
  for (const tab of [a, b, c]) await waitForWarning(tab);
  const before = await remaining(a);
  const stop = keepMoving(a, 60);
  await pause(2000);
  await stop();
  expect(await happened(a, 'closed')).toEqual([]);
  expect(await remaining(a)).toBeLessThan(before - 1500);
  expect(await stage.server.requests('POST activity')).toEqual([]);
  await click(a, 'stay');
  for (const tab of [a, b, c]) await waitUntilClosed(tab);
  const clicked = await lastly(a, 'clicked');
  for (const tab of [a, b, c]) within(300, clicked, await lastly(tab, 'closed'));
  expect(await remaining(b)).toBeGreaterThan(12_000);
  expect((await stage.server.requests('POST extend')).length).toBe(1);
  expect(await stage.server.ended(stage.handle)).toBe(false);
});

scenario('3: Signing out in one tab takes all others along', { policy: { idle: 9000, warnBefore: 6000 } }, async (stage) => {
  const [c, b, a] = await stage.openAll('/', '/', '/');
  await click(a, 'sign-out');
  for (const tab of [a, b, c]) await waitUntilOut(tab);
  const clicked = await lastly(a, 'clicked');
  for (const tab of [b, c]) within(500, clicked, await lastly(tab, 'left'));
  for (const tab of [a, b, c]) expect(await reasonOf(tab)).toBe('user');
  expect((await stage.server.audit()).map((row) => row.reason)).toEqual(['user']);
});

scenario('4: Real input in one tab keeps all tabs quiet', { policy: { idle: 9000, warnBefore: 6000 } }, async (stage) => {
  const tabs = await stage.openAll('/', '/', '/');
  const a = tabs[2];
  const stop = keepMoving(a);
  // However long it took to open them: from here on somebody is there.
  expect(await a.evaluate(() => window.nightlatch!.extend())).toBe(true);
  for (const tab of tabs) await waitUntilClosed(tab);
  const begun = Date.now();
  await pause(20_000);
  await stop();
  for (const tab of tabs) expect((await notes(tab)).filter(({ what, at }) => what === 'opened' && at > begun)).toEqual([]);
  const reports = await stage.server.requests('POST activity');
  expect(reports.length).toBeLessThan(25);
  for (const { body } of reports) expect(Object.keys(body).sort()).toEqual(['age_ms', 'path', 'tab']);
});

scenario('8: Synthetic events and scripted focus are not a person', async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab);
  await tab.evaluate(() => {
    const [input, button] = [document.querySelector('input')!, document.querySelector('button')!];
    let i = 0;
    setInterval(() => {
      i += 1;
      document.body.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, screenX: i, screenY: i }));
      document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, screenX: i, screenY: i }));
      document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'a' }));
      scrollTo(0, (i % 9) * 20);
      (i % 2 ? input : button).focus();
    }, 200);
  });
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), start + 3000);
  around(await lastly(tab, 'left'), start + 6000);
  expect(await stage.server.requests('POST activity')).toEqual([]);
});

scenario('14: Constant activity does not move the absolute limit', { policy: { absolute: 10_000 } }, async (stage) => {
  const tab = await stage.open();
  const start = (await tab.evaluate(() => performance.timeOrigin + performance.now())) - 10_000 + (await absoluteLeft(stage.server.origin, stage.token));
  const stop = keepMoving(tab, 200);
  await waitForWarning(tab);
  const shown = await tab.evaluate(() => ({
    text: window.witness.inWarning()!.textContent,
    stay: window.witness.inWarning('stay')?.checkVisibility() ?? false,
    focused: document.activeElement?.shadowRoot?.activeElement?.getAttribute('part'),
  }));
  expect(shown.text).toContain('maximum session length');
  expect(shown.stay).toBe(false);
  expect(shown.focused).toContain('sign-out');
  await waitUntilOut(tab);
  await stop();
  around(await lastly(tab, 'opened'), start + 7000);
  around(await lastly(tab, 'left'), start + 10_000);
  expect(await reasonOf(tab)).toBe('absolute');
});

// Five tabs take some seconds to open on a busy machine, and nobody is there meanwhile.
scenario('18: Five tabs reach zero together and the server sees one sign-out', { policy: { idle: 15_000 } }, async (stage) => {
  const tabs = await stage.openAll('/', '/', '/', '/', '/');
  for (const tab of tabs) await waitUntilOut(tab, 30_000);
  for (const tab of tabs) {
    expect(await reasonOf(tab)).toBe('idle');
    expect(await tab.evaluate(() => document.querySelector('h1')!.textContent)).toMatch(/signed out/);
    expect(await errors(tab)).toEqual([]);
  }
  expect(await stage.server.signOuts()).toBe(1);
  expect((await stage.server.audit()).length).toBe(1);
});

async function absoluteLeft(origin: string, token: string): Promise<number> {
  const answer = await fetch(`${origin}/nightlatch/session`, { headers: { cookie: `nightlatch=${token}` } });
  return ((await answer.json()) as { absolute_remaining_ms: number }).absolute_remaining_ms;
}
