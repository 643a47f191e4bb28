import { expect } from 'vitest';
import { around, idleSince, lastly, remaining, waitFor, waitForWarning, waitUntilClosed, waitUntilOut, within } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';

const policy = { idle: 12_000, more: '[[policy.rules]]\nname = "billing"\nmatch = { path = "/billing/**" }\nidle = "6s"\n' };

scenario('24: A route with a shorter limit acts at once; going back gives no more than is left', { policy }, async (stage) => {
  const tab = await stage.open('/dashboard');
  const start = await idleSince(tab, 12_000);
  await waitFor(tab, () => window.nightlatch!.remaining()! < 8000);
  const changed = await tab.evaluate(() => {
    history.pushState(null, '', '/billing');
    return performance.timeOrigin + performance.now();
  });
  await waitForWarning(tab);
  within(1000, changed, await lastly(tab, 'opened'));
  expect(await remaining(tab)).toBeLessThan(2200);
  await tab.evaluate(() => history.back());
  await waitUntilClosed(tab);
  around(await idleSince(tab, 12_000), start);
  await waitUntilOut(tab);
  around(await lastly(tab, 'left'), start + 12_000);
});

scenario('24: The shorter limit holds while any tab shows the route', { policy }, async (stage) => {
  const long = await stage.open('/dashboard');
  const start = await idleSince(long, 12_000);
  const short = await stage.open('/billing/invoices');
  await waitUntilOut(short);
  await waitUntilOut(long);
  around(await lastly(long, 'left'), start + 6000);
});
