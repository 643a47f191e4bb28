import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { around, happened, idleSince, lastly, reasonOf, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';

/** Work that takes this long and is held; gives when it began. */
const work = (tab: Tab, ms: number, max?: number) =>
  tab.evaluate(
    (ms, max) => {
      const done = new Promise((resolve) => setTimeout(resolve, ms)); // tidy: sleeps because the work that is held takes this long
      void (window.nightlatch as any).withHold(done, { label: 'upload', ...(max && { max }) });
      return performance.timeOrigin + performance.now();
    },
    ms,
    max,
  );

const short = { idle: 4000, warnBefore: 2000 };

scenario('13: A hold keeps the warning away until the work is done; then the idle time runs', { policy: short }, async (stage) => {
  const tab = await stage.open();
  const began = await work(tab, 6000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), began + 6000 + 2000);
  around(await lastly(tab, 'left'), began + 6000 + 4000);
  expect((await happened(tab, 'opened')).length).toBe(1);
  expect(await reasonOf(tab)).toBe('idle');
});

scenario('13: A hold lasts no longer than its maximum, however long the work takes', { policy: short }, async (stage) => {
  const tab = await stage.open();
  const began = await work(tab, 30_000, 4000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), began + 4000 + 2000);
  around(await lastly(tab, 'left'), began + 4000 + 4000);
});

scenario('13: A hold lasts no longer than the policy allows', { policy: { ...short, holdMax: 3000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 4000);
  await work(tab, 30_000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), start + 3000 + 2000);
  around(await lastly(tab, 'left'), start + 3000 + 4000);
});

scenario('13: A hold never passes the absolute limit', { policy: { ...short, absolute: 7000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 4000);
  await work(tab, 30_000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'left'), start + 7000);
  expect(await reasonOf(tab)).toBe('absolute');
});
