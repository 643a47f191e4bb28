import { expect, test } from 'vitest';

test('Both elements can be imported where there is no window', async () => {
  expect(globalThis.HTMLElement).toBeUndefined();
  expect((await import('./element.js')).NightlatchWarning).toBeTypeOf('function');
  expect((await import('./status.js')).NightlatchStatus).toBeTypeOf('function');
});
