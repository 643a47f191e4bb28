import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { around, idleSince, lastly, notes, reasonOf, waitUntilOut } from '../stage/page.js';
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

const short = { idle: 5000, warnBefore: 2000 };

scenario('13: A hold keeps the warning away until the work is done; then the idle time runs', { policy: short }, async (stage) => {
  const tab = await stage.open();
  const began = await work(tab, 6000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), began + 6000 + 3000);
  around(await lastly(tab, 'left'), began + 6000 + 5000);
  const opened = (await notes(tab)).filter(({ what, at }) => what === 'opened' && at > began);
  expect(opened).toHaveLength(1);
  expect(await reasonOf(tab)).toBe('idle');
});

scenario('13: A hold lasts no longer than its maximum, however long the work takes', { policy: short }, async (stage) => {
  const tab = await stage.open();
  const began = await work(tab, 30_000, 4000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), began + 4000 + 3000);
  around(await lastly(tab, 'left'), began + 4000 + 5000);
});

scenario('13: A hold lasts no longer than the policy allows', { policy: { ...short, holdMax: 3000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 5000);
  await work(tab, 30_000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'opened'), start + 3000 + 3000);
  around(await lastly(tab, 'left'), start + 3000 + 5000);
});

scenario('13: A hold never passes the absolute limit', { policy: { ...short, absolute: 8000 } }, async (stage) => {
  const tab = await stage.open();
  const start = await idleSince(tab, 5000);
  await work(tab, 30_000);
  await waitUntilOut(tab);
  around(await lastly(tab, 'left'), start + 8000);
  expect(await reasonOf(tab)).toBe('absolute');
});
