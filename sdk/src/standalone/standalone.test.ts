import { expect, test } from 'vitest';
import { createOrigin, settled } from '../../test/fake-origin.js';
import { createNightlatch } from '../nightlatch/nightlatch.js';
import { standalone, type Limits } from './standalone.js';

/** Tabs of one browser, and no server. */
function browser(limits: Partial<Limits> = {}) {
  const world = createOrigin(() => {
    throw new Error('nobody is asked');
  });
  const signedOut: string[] = [];
  const tab = async (options: object = {}) => {
    const window = world.open();
    Object.assign(window.scope, { navigator: {} });
    const nightlatch = createNightlatch({
      scope: window.scope,
      backend: standalone({ idle: 6000, warnBefore: 3000, ...limits }),
      onSignOut: (reason) => void signedOut.push(reason),
      ...options,
    });
    nightlatch.start();
    await settled();
    return Object.assign(window, { nightlatch });
  };
  return { ...world, tab, signedOut };
}

test('Warns and signs out by itself, in one tab; the others load anew', async () => {
  const { tab, pass, signedOut, requests } = browser();
  const [a, b] = [await tab(), await tab()];
  await pass(3500);
  expect([a, b].map(({ nightlatch }) => nightlatch.state.phase)).toEqual(['warning', 'warning']);
  await pass(3000);
  expect(signedOut).toEqual(['idle']);
  expect([a, b].map(({ left }) => left)).toEqual([[], ['reload']]);
  expect(a.nightlatch.state).toMatchObject({ phase: 'ended', reason: 'idle', cover: null });
  expect(requests).toEqual([]);
});

test('Input in one tab keeps all tabs quiet, and staying closes every warning', async () => {
  const { tab, pass } = browser();
  const [a, b] = [await tab(), await tab()];
  for (let i = 0; i < 20; i += 1) {
    a.press();
    await pass(500);
    expect([a.nightlatch.state.phase, b.nightlatch.state.phase]).toEqual(['active', 'active']);
  }
  await pass(3600);
  expect(b.nightlatch.state.phase).toBe('warning');
  expect(await b.nightlatch.extend()).toBe(true);
  await pass(300);
  expect([a.nightlatch.state.phase, b.nightlatch.state.phase]).toEqual(['active', 'active']);
});

test('Activity never passes the absolute limit, and staying is not offered there', async () => {
  const { tab, pass, signedOut } = browser({ absolute: 10_000 });
  const a = await tab();
  for (let i = 0; i < 15; i += 1) {
    a.press();
    await pass(500);
  }
  expect(a.nightlatch.state).toMatchObject({ phase: 'warning', kind: 'absolute', canExtend: false });
  await pass(3000);
  expect(signedOut).toEqual(['absolute']);
});

test('Who comes back too late is signed out before anything is shown', async () => {
  const { tab, pass, signedOut } = browser();
  const a = await tab();
  a.nightlatch.stop();
  await pass(8000);
  const b = await tab();
  expect(b.nightlatch.state.cover === 'checking' || b.nightlatch.state.phase === 'ended').toBe(true);
  await pass(500);
  expect(signedOut).toEqual(['idle']);
});

test('Unless the time without a tab does not count', async () => {
  const { tab, pass, signedOut } = browser({ absent: 'pause' });
  const a = await tab();
  a.nightlatch.stop();
  await pass(8000);
  const b = await tab();
  expect(b.nightlatch.state.phase).toBe('active');
  expect(signedOut).toEqual([]);
});

test('After the sign-out the next page begins a session of its own', async () => {
  const { tab, signedOut } = browser();
  const a = await tab();
  await a.nightlatch.signOut();
  await settled();
  expect(signedOut).toEqual(['user']);
  const b = await tab();
  expect(b.nightlatch.state).toMatchObject({ phase: 'active', cover: null });
  expect(b.nightlatch.remaining()).toBeGreaterThan(5000);
});

test('Works without storage, each tab for itself', async () => {
  const { tab, pass, signedOut, open } = browser();
  const { scope } = open();
  Object.defineProperty(scope, 'localStorage', {
    get() {
      throw new DOMException('denied', 'SecurityError');
    },
  });
  Object.assign(scope, { navigator: {} });
  await tab({ scope });
  await pass(6500);
  expect(signedOut).toEqual(['idle']);
});
