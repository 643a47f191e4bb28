import { afterAll, describe, expect, test } from 'vitest';
import { idleSince, times, TOLERANCE, useStage, waitUntilOut } from './browser.js';

describe.each([
  ['no worker', "default-src 'self'; worker-src 'none'; style-src 'self'", 1],
  ['trusted types', "default-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types nightlatch", 0],
  ['trusted types, not ours', "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'", 1],
])('%s', (_, csp, diagnostics) => {
  const stage = useStage({ headers: { 'Content-Security-Policy': csp } });
  afterAll(() => stage.browser?.close());

  test('7: Warns and signs out in time, and says at most once what is missing', async () => {
    const page = await stage.open();
    const start = await idleSince(page, 6000);
    await waitUntilOut(page);
    const { opened, left } = await times(page);
    expect(Math.abs(opened! - start - 3000)).toBeLessThan(TOLERANCE);
    expect(Math.abs(left! - start - 6000)).toBeLessThan(TOLERANCE);
    expect(stage.errors).toEqual([]);
    expect(stage.diagnostics.length).toBe(diagnostics);
  });
});
