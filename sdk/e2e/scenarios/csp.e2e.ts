import { expect } from 'vitest';
import { around, errors, firstly, happened, idleSince, lastly, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';

const policy = { idle: 4000, warnBefore: 2000 };

const policies = [
  { what: 'no worker', csp: "default-src 'self'; worker-src 'none'; style-src 'self'", diagnostics: 1 },
  { what: 'our own files alone', csp: "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'", diagnostics: 0 },
  {
    what: 'trusted types',
    csp: "default-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types nightlatch",
    diagnostics: 0,
  },
];

for (const { what, csp, diagnostics } of policies) {
  scenario(`7: Under a strict policy (${what}) it warns and signs out in time, and says once what is missing`, { policy, headers: { 'content-security-policy': csp } }, async (stage) => {
    const tab = await stage.open();
    const start = await idleSince(tab, policy.idle);
    await waitUntilOut(tab);
    // Without a worker nobody tells the page how long an answer was on its way: it hides a little early, asks, and is back for a moment.
    around(await firstly(tab, 'opened'), start + 2000);
    around(await lastly(tab, 'left'), start + 4000);
    expect(await errors(tab)).toEqual([]);
    expect(await happened(tab, 'diagnostic')).toHaveLength(diagnostics);
  });
}

scenario(
  '7: Under trusted types that leave us out it does without a worker, and says so once',
  {
    policy,
    headers: { 'content-security-policy': "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'" },
  },
  async (stage) => {
    const tab = await stage.open();
    const start = await idleSince(tab, policy.idle);
    const enforced = await tab.evaluate(() => 'trustedTypes' in window);
    await waitUntilOut(tab);
    around(await lastly(tab, 'left'), start + 4000);
    expect(await errors(tab)).toEqual([]);
    expect(await happened(tab, 'diagnostic')).toHaveLength(enforced ? 1 : 0);
  },
);
