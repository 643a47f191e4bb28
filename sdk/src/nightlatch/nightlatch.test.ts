import { expect, test } from 'vitest';
import { createOrigin, settled, type Request } from '../../test/fake-origin.js';
import type { NightlatchEvent } from './contract.js';
import { createNightlatch } from './nightlatch.js';

const limits = { idle: 6000, absolute: 60_000, warn: 3000 };

/** An origin with one session that is live from the start, idles, and can be made unreachable. */
function origin(policy: Partial<typeof limits> = {}) {
  const { idle, absolute, warn } = { ...limits, ...policy };
  const server = { seen: 0, over: '', reachable: true };
  const respond = ({ method, path, body }: Request, now: number) => {
    if (!server.reachable) return undefined;
    if (path === 'sign-out') {
      server.over ||= 'user';
      return { status: 200, body: { redirect: `/nightlatch/signed-out?reason=${server.over}` } };
    }
    if (now >= server.seen + idle) server.over ||= 'idle';
    if (server.over) return { status: 401, body: { reason: server.over } };
    if (method === 'DELETE') return { status: 204 };
    if (path === 'activity' || path === 'extend') server.seen = Math.max(server.seen, now - (body.age_ms ?? 0));
    return {
      status: 200,
      body: {
        phase: 'active',
        deadline_kind: 'idle',
        idle_remaining_ms: server.seen + idle - now,
        absolute_remaining_ms: absolute - now,
        warn_before_ms: warn,
        can_extend: true,
        subject: 'ada',
        handle: 'h',
        server_time_ms: now,
      },
    };
  };
  const world = createOrigin(respond);
  const tab = async (path?: string, options = {}) => {
    const window = world.open(path);
    const nightlatch = createNightlatch({ scope: window.scope, ...options });
    const events: NightlatchEvent['type'][] = [];
    nightlatch.subscribe((event) => events.push(event.type));
    nightlatch.start();
    await settled();
    return { ...window, nightlatch, events };
  };
  return { ...world, server, tab };
}

test('Does nothing where there is no window', () => {
  const nightlatch = createNightlatch({ scope: {} as never });
  nightlatch.start();
  expect(nightlatch.state.phase).toBe('unknown');
  expect(nightlatch.remaining()).toBeNull();
  nightlatch.stop();
});

test('Keeps the same state object until something changes', async () => {
  const { tab, pass } = origin();
  const { nightlatch } = await tab();
  const before = nightlatch.state;
  await pass(1000);
  expect(nightlatch.state).toBe(before);
  await pass(2500);
  expect(nightlatch.state).toMatchObject({ phase: 'warning' });
});

test('Says which page is open, without its query, and when it is closed', async () => {
  const { tab, pass, made } = origin();
  const { scope } = await tab('/orders');
  expect(made('POST tab')[0]!.body).toEqual({ tab: expect.stringMatching(/^[\w-]{1,64}$/), path: '/orders' });
  (scope.location as { pathname: string }).pathname = '/billing';
  await pass(300);
  expect(made('POST tab').map((r) => r.body.path)).toEqual(['/orders', '/billing']);
  scope.dispatchEvent(new Event('pagehide'));
  expect(made('DELETE tab')[0]!.path).toBe(`tab/${made('POST tab')[0]!.body.tab}`);
});

test('Reports at most every five seconds over all tabs, ages only, and nothing warns meanwhile', async () => {
  const { tab, pass, made, now } = origin({ idle: 60_000, warn: 10_000 });
  const [a, b] = [await tab('/a'), await tab('/b')];
  const at: number[] = [];
  for (let i = 0; i < 80; i += 1) {
    (i % 2 ? a : b).press();
    await settled();
    while (at.length < made('POST activity').length) at.push(now());
    await pass(250);
  }
  expect(at.length).toBeGreaterThanOrEqual(4);
  for (let i = 1; i < at.length; i += 1) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(4900);
  for (const { body } of made('POST activity')) {
    expect(Object.keys(body).sort()).toEqual(['age_ms', 'path', 'tab', 'visible']);
    expect(body.age_ms).toBeLessThan(5000);
  }
  expect([a, b].map((t) => t.nightlatch.state.phase)).toEqual(['active', 'active']);
});

test('A short policy never warns a person who is there', async () => {
  const { tab, pass } = origin();
  const [a, b] = [await tab(), await tab()];
  for (let i = 0; i < 40; i += 1) {
    a.press();
    await pass(500);
    expect([a.nightlatch.state.phase, b.nightlatch.state.phase]).toEqual(['active', 'active']);
  }
});

test('Input just before the warning is told before the warning is shown', async () => {
  const { tab, pass, made } = origin();
  const { nightlatch, press } = await tab();
  press();
  await pass(900);
  press();
  await pass(2200);
  expect(made('POST activity').map((r) => r.body.age_ms <= 1000)).toEqual([true, true]);
  expect(nightlatch.state.phase).toBe('active');
});

test('Input during the warning is not an answer; staying is, in every tab', async () => {
  const { tab, pass, made } = origin();
  const [a, b] = [await tab(), await tab()];
  await pass(3500);
  a.press();
  await pass(1000);
  expect(made('POST activity')).toEqual([]);
  expect([a, b].map((t) => t.nightlatch.state.phase)).toEqual(['warning', 'warning']);
  expect(await a.nightlatch.extend()).toBe(true);
  await settled();
  expect([a, b].map((t) => t.nightlatch.state.phase)).toEqual(['active', 'active']);
  expect(b.nightlatch.remaining()).toBe(6000);
});

test('A lost "stay" is told, repeated, and not pretended', async () => {
  const { tab, pass, server, made } = origin();
  const { nightlatch } = await tab();
  await pass(3500);
  server.reachable = false;
  expect(await nightlatch.extend()).toBe(false);
  expect(nightlatch.state).toMatchObject({ phase: 'warning', trouble: true, extending: true });
  await pass(700);
  server.reachable = true;
  await pass(1500);
  expect(nightlatch.state).toMatchObject({ phase: 'active', trouble: false, extending: false });
  expect(made('POST extend').length).toBeGreaterThan(1);
});

test('Five tabs at zero: all leave, one signs out', async () => {
  const { tab, pass, made } = origin();
  const tabs = [];
  for (let i = 0; i < 5; i += 1) tabs.push(await tab());
  await pass(6500);
  expect(tabs.map((t) => t.left.map((to) => to.replace('https://app.example', '')))).toEqual(
    Array(5).fill(['/nightlatch/signed-out?reason=idle']),
  );
  expect(made('POST sign-out').length).toBe(1);
});

test('Signing out in one tab makes the others leave, without a second sign-out', async () => {
  const { tab, pass, made } = origin();
  const [a, b] = [await tab(), await tab()];
  await a.nightlatch.signOut();
  await pass(100);
  expect([a.left.length, b.left.length]).toEqual([1, 1]);
  expect(b.left[0]).toContain('reason=user');
  expect(made('POST sign-out').length).toBe(1);
});

test('Offline at zero it hides, tells to clear, and goes nowhere until the server can be asked', async () => {
  const { tab, pass, server } = origin();
  const { nightlatch, left, events, scope } = await tab();
  await pass(4000);
  server.reachable = false;
  await pass(3000);
  expect(nightlatch.state.cover).toBe('offline');
  expect([left, events.filter((type) => type === 'clear').length]).toEqual([[], 1]);
  server.reachable = true;
  scope.dispatchEvent(new Event('online'));
  await settled();
  expect(left).toEqual(['/nightlatch/signed-out?reason=idle']);
});

test('A forged end hides the page for a moment and ends nothing', async () => {
  const { tab, channels } = origin();
  const { nightlatch, left } = await tab();
  channels[0]!.onmessage!({ data: { type: 'ended', reason: 'user' } });
  expect(nightlatch.state.cover).toBe('checking');
  await settled();
  expect([nightlatch.state.cover, left]).toEqual([null, []]);
});

test('Leaves a page without a session alone, unless it requires one', async () => {
  const { tab, server } = origin();
  server.over = 'idle';
  const open = await tab('/public');
  const required = await tab('/required', { required: true });
  expect([open.left, open.listeners(), open.timers.size]).toEqual([[], 0, 0]);
  expect(required.left).toEqual(['https://app.example/nightlatch/signed-out?reason=idle']);
});

test('Out of the back/forward cache it hides at once and comes back as a new tab', async () => {
  const { tab, made } = origin();
  const { nightlatch, scope } = await tab();
  scope.dispatchEvent(new Event('pagehide'));
  scope.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect(nightlatch.state.cover).toBe('checking');
  await settled();
  expect(nightlatch.state.cover).toBeNull();
  expect(new Set(made('POST tab').map((r) => r.body.tab)).size).toBe(2);
});

test('Started and stopped any number of times, nothing stays behind', async () => {
  const { tab, channels } = origin();
  const { nightlatch, listeners, timers } = await tab();
  const before = [listeners(), timers.size, channels.length];
  for (let i = 0; i < 200; i += 1) {
    nightlatch.start();
    nightlatch.stop();
    nightlatch.stop();
    nightlatch.start();
  }
  await settled();
  expect([listeners(), timers.size, channels.length]).toEqual(before);
  nightlatch.stop();
  expect([listeners(), timers.size, channels.length]).toEqual([0, 0, 0]);
});

test('Work is held for and its result passed on, whether or not the server grants it', async () => {
  const { tab, server, made } = origin();
  const { nightlatch } = await tab();
  server.reachable = false;
  expect(await nightlatch.withHold(Promise.resolve(7), { label: 'upload', max: 5000 })).toBe(7);
  expect(made('POST hold')[0]!.body).toEqual({ label: 'upload', for_ms: 5000 });
  await expect(nightlatch.withHold(Promise.reject(new Error('broken')), { label: 'upload' })).rejects.toThrow('broken');
});
