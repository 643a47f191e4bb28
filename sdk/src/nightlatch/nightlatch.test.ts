import { expect, test } from 'vitest';
import { settled } from '../../test/fake-origin.js';
import { origin, SERVER } from '../../test/session-origin.js';
import { withHold } from '../hold/hold.js';
import { createNightlatch } from './nightlatch.js';

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
  expect(made('POST session')[0]!.body).toEqual({ tab: expect.stringMatching(/^[\w-]{1,64}$/), path: '/orders', handle: null });
  (scope.location as { pathname: string }).pathname = '/billing';
  await pass(300);
  expect(made('POST session').map((r) => r.body.path)).toEqual(['/orders', '/billing']);
  scope.dispatchEvent(new Event('pagehide'));
  expect(made('DELETE tab')[0]!.path).toBe(`tab/${made('POST session')[0]!.body.tab}`);
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

test('Signing out in any tab makes the others leave, without a second sign-out', async () => {
  const { tab, pass, made } = origin();
  const [a, b] = [await tab(), await tab()];
  // The first one leads.
  await b.nightlatch.signOut();
  await pass(100);
  expect([a.left.length, b.left.length]).toEqual([1, 1]);
  expect(a.left[0]).toContain('reason=user');
  expect(made('POST sign-out').length).toBe(1);
});

test('Offline at zero it hides and goes nowhere until the server can be asked', async () => {
  const { tab, pass, server } = origin();
  const { nightlatch, left, scope } = await tab();
  await pass(4000);
  server.reachable = false;
  await pass(3000);
  expect(nightlatch.state.cover).toBe('offline');
  expect(left).toEqual([]);
  server.reachable = true;
  scope.dispatchEvent(new Event('online'));
  await settled();
  expect(left).toEqual(['/nightlatch/signed-out?reason=idle']);
});

test('A forged end hides the page for a moment and ends nothing', async () => {
  const { tab, channels } = origin();
  const { nightlatch, left } = await tab();
  channels[0]!.onmessage!({ data: 'ended user' });
  expect(nightlatch.state.cover).toBe('checking');
  await settled();
  expect([nightlatch.state.cover, left]).toEqual([null, []]);
});

test('Leaves a page without a session alone, unless it requires one', async () => {
  const { tab, server } = origin();
  server.over = 'idle';
  const open = await tab('/public');
  const required = await tab('/required', { required: true });
  expect([open.left, open.listeners(), open.timers.size, open.workers.length]).toEqual([[], 0, 0, 0]);
  expect(required.left).toEqual(['https://app.example/nightlatch/signed-out?reason=idle']);
});

test('Hidden when it is put away, out of the back/forward cache it comes back as a new tab', async () => {
  const { tab, made, pass, requests } = origin();
  const { nightlatch, scope } = await tab();
  scope.dispatchEvent(new Event('pagehide'));
  expect(nightlatch.state.cover).toBe('checking');
  const before = requests.length;
  await pass(1000);
  expect(requests.length).toBe(before);
  scope.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect(nightlatch.state.cover).toBe('checking');
  await settled();
  expect(nightlatch.state.cover).toBeNull();
  await pass(300);
  expect(new Set(made('POST session').map((r) => r.body.tab)).size).toBe(2);
});

test('Hidden when it is frozen, asks on waking, and tells the reason that another tab heard meanwhile', async () => {
  const { tab, server, channels, requests } = origin();
  const { nightlatch, page, left } = await tab();
  page.dispatchEvent(new Event('freeze'));
  expect(nightlatch.state.cover).toBe('checking');
  await settled();
  expect(nightlatch.state.phase).toBe('active');
  server.over = 'none';
  // What was said to a frozen page is delivered before anything else.
  channels.find(({ onmessage }) => onmessage)!.onmessage!({ data: 'ended admin' });
  page.dispatchEvent(new Event('resume'));
  await settled();
  expect([nightlatch.state.reason, left[0]]).toEqual(['admin', expect.stringContaining('reason=admin')]);
  expect(requests.filter(({ path }) => path === 'session').at(-1)!.body).toMatchObject({ handle: 'h' });
});

test('What a cache has kept is no answer: the page is hidden at its end, and leaves when the server is heard', async () => {
  const { tab, pass, server } = origin();
  const { nightlatch, left } = await tab();
  server.kept = true;
  await pass(7000);
  expect(nightlatch.state).toMatchObject({ cover: 'offline', phase: 'warning' });
  server.kept = false;
  await pass(2000);
  expect(left[0]).toContain('reason=idle');
});

test.each([{}, { required: true }, { covered: true }])('A page in place of the signed-out page is hidden, goes nowhere and says so (%o)', async (options) => {
  const { tab, server, made } = origin();
  server.over = 'idle';
  const { left, diagnostics, nightlatch } = await tab('/nightlatch/signed-out', options);
  expect([left, diagnostics, nightlatch.state.cover]).toEqual([[], ['service-worker'], 'signed-out']);
  expect(made('POST diagnostic').map(({ body }) => body)).toEqual([{ code: 'service-worker' }]);
});

test('Pages that require a session and come back from leaving are not loaded again and again', async () => {
  const { tab, server } = origin();
  server.over = 'idle';
  const first = await tab('/', { required: true });
  // Whatever answered for the signed-out page led here.
  const { sessionStorage } = first.scope;
  const again = origin();
  again.server.over = 'idle';
  const window = again.open('/');
  Object.assign(window.scope, { sessionStorage });
  const second = await again.tab('/', { required: true, scope: window.scope });
  expect([first.left.length, window.left.length, second.diagnostics]).toEqual([1, 0, ['service-worker']]);
});

test('The state is what it says and nothing else, and nobody can change it', async () => {
  const { tab } = origin();
  const { nightlatch } = await tab();
  expect(JSON.parse(JSON.stringify(nightlatch.state))).toEqual({
    phase: 'active', kind: 'idle', onIdle: 'sign-out', canExtend: true, cover: null, trouble: false, extending: false, reason: null,
    endedAt: null, subject: 'ada', signInUrl: null, development: false,
  });
  expect(Object.isFrozen(nightlatch.state)).toBe(true);
});

test('The warning is on time in a page that has heard nothing since long', async () => {
  const { tab, pass, server, now } = origin({ idle: 40_000, warn: 15_000 });
  const { nightlatch, scope } = await tab();
  await pass(2000);
  server.reachable = false;
  // Something makes it ask, in vain, ever more seldom.
  scope.dispatchEvent(new Event('online'));
  const at: Record<string, number> = {};
  nightlatch.subscribe(({ state }) => (at[state.cover ?? state.phase] ??= now()));
  await pass(39_000);
  expect(at['warning']! - 25_000).toBeLessThan(300);
  expect(at['checking']! - 40_000).toBeLessThan(300);
});

test('Something that answers and is not the server is told once, and asked again', async () => {
  const { open, requests, tab, pass } = origin();
  const window = open();
  window.scope.fetch = async () => new Response('<!doctype html>', { status: 404 });
  const { diagnostics, nightlatch } = await tab('/', { scope: window.scope });
  await pass(5000);
  expect([diagnostics, nightlatch.state.phase, requests]).toEqual([['server'], 'unknown', []]);
});

test('At zero a question that hangs keeps nobody from asking', async () => {
  const { tab, pass, requests } = origin();
  const { nightlatch, scope } = await tab();
  await pass(5500);
  const { fetch } = scope;
  scope.fetch = () => new Promise(() => {});
  nightlatch.recheck();
  scope.fetch = fetch;
  const before = requests.length;
  await pass(750);
  expect(requests.length).toBeGreaterThan(before);
  expect(nightlatch.state.phase).toBe('ended');
});

test('Back while an older question is underway, its answer does not show the page', async () => {
  let late: (() => void) | undefined;
  const { tab, server, channels } = origin();
  const { nightlatch, scope, left } = await tab();
  const { fetch } = scope;
  scope.fetch = async (...request) => {
    const answer = await fetch(...request);
    await new Promise<void>((resolve) => (late = resolve));
    return answer;
  };
  nightlatch.recheck();
  await settled();
  scope.fetch = fetch;
  server.over = 'user';
  channels.find(({ onmessage }) => onmessage)!.onmessage!({ data: 'ended user' });
  late!();
  await settled();
  expect([nightlatch.state.phase, left.length]).toEqual(['ended', 1]);
});

test('What may have changed while a question is underway is asked for after its answer', async () => {
  let late: (() => void) | undefined;
  const { tab, made } = origin();
  const { nightlatch, scope } = await tab();
  const { fetch } = scope;
  scope.fetch = async (...request) => {
    const answer = await fetch(...request);
    await new Promise<void>((resolve) => (late = resolve));
    return answer;
  };
  const before = made('POST session').length;
  nightlatch.recheck();
  await settled();
  scope.fetch = fetch;
  nightlatch.recheck();
  nightlatch.recheck();
  await settled();
  expect(made('POST session').length).toBe(before + 1);
  late!();
  await settled();
  expect(made('POST session').length).toBe(before + 2);
});

test('The leader keeps the one stream; when its worker goes, another tab opens it', async () => {
  const { tab, pass, streams } = origin({ idle: 60_000 });
  const [a, b] = [await tab(), await tab()];
  await pass(3000);
  expect(streams.map(({ open }) => open)).toEqual([true]);
  a.scope.dispatchEvent(new Event('pagehide'));
  await pass(100);
  expect(streams.map(({ open, url }) => [open, url.slice(-18)])).toEqual([
    [false, '/nightlatch/events'],
    [true, '/nightlatch/events'],
  ]);
  b.nightlatch.stop();
  expect(streams.some(({ open }) => open)).toBe(false);
});

test('A frozen leader is replaced, and steps back when it wakes', async () => {
  const { tab, pass, streams } = origin({ idle: 60_000 });
  const [a] = [await tab(), await tab()];
  await pass(1000);
  a.frozen = true;
  await pass(9000);
  expect(streams.length).toBe(2);
  expect(streams[1]!.open).toBe(true);
  a.frozen = false;
  await pass(10_000);
  expect(streams.map(({ open }) => open)).toEqual([false, true]);
});

test('An end that the server tells reaches every tab, and one of them signs out', async () => {
  const { tab, pass, streams, server, made } = origin({ idle: 60_000 });
  const tabs = [await tab(), await tab(), await tab()];
  await pass(1000);
  server.over = 'admin';
  streams[0]!.emit('ended', { reason: 'admin' });
  await pass(100);
  expect(tabs.map(({ left }) => left.length)).toEqual([1, 1, 1]);
  expect(tabs.every(({ left }) => left[0]!.endsWith('reason=admin'))).toBe(true);
  expect(made('POST sign-out').length).toBe(1);
});

test('A shorter limit that the server tells the leader is asked for by the others', async () => {
  const { tab, pass, streams, made, now } = origin({ idle: 60_000 });
  const [, b] = [await tab(), await tab()];
  await pass(1000);
  const before = made('POST session').filter((request) => request.tab === 1).length;
  streams[0]!.emit('lifetime', {
    phase: 'active', idle_remaining_ms: 9000, absolute_remaining_ms: null, warn_before_ms: 3000, subject: 'ada', handle: 'h', authentication_age_ms: 0, server_time_ms: SERVER + now(),
  });
  await settled();
  expect(made('POST session').filter((request) => request.tab === 1).length).toBe(before + 1);
  expect(b.nightlatch.state.phase).toBe('active');
});

test('A refused stream is told, asked for again, and until then the page asks by itself', async () => {
  const { tab, pass, streams, made } = origin({ idle: 600_000 });
  const { diagnostics } = await tab();
  await pass(500);
  streams[0]!.refuse();
  const before = made('POST session').length;
  await pass(40_000);
  expect(diagnostics).toEqual(['push']);
  expect(streams.length).toBe(2);
  expect(made('POST session').length - before).toBeGreaterThanOrEqual(2);
});

test('A stream that is open and says nothing is told, and until it does the page asks by itself', async () => {
  const { tab, pass, streams, made, server } = origin({ idle: 600_000 });
  server.silent = true;
  const { diagnostics } = await tab();
  await pass(500);
  const before = made('POST session').length;
  await pass(40_000);
  expect([streams.length, streams[0]!.open, diagnostics]).toEqual([1, true, ['push']]);
  expect(made('POST session').length - before).toBeGreaterThanOrEqual(2);
});

test('A stream that replays an end from before makes the page ask once, not again and again', async () => {
  const { tab, pass, streams } = origin({ idle: 600_000 });
  const { nightlatch, diagnostics } = await tab();
  await pass(500);
  streams[0]!.emit('ended', { reason: 'idle' });
  await pass(10_000);
  expect([streams.length, streams[0]!.open, nightlatch.state.cover, diagnostics]).toEqual([1, false, null, ['push']]);
});

test('Every tab reports itself when the server asks for it, and a tab that freezes says so', async () => {
  const { tab, pass, streams, made } = origin({ idle: 600_000 });
  const tabs = [await tab('/a'), await tab('/b'), await tab('/c')];
  await pass(1000);
  const before = made('POST session').length;
  const body = {
    phase: 'active', deadline_kind: 'idle', idle_remaining_ms: 599_000, absolute_remaining_ms: 59_000, warn_before_ms: 3000,
    can_extend: true, on_idle: 'sign-out', subject: 'ada', handle: 'h', authentication_age_ms: 1000, server_time_ms: 1001,
  };
  streams[0]!.emit('lifetime', { ...body, ask: true });
  await pass(100);
  const answers = made('POST session').slice(before);
  expect(answers.map(({ body }) => body.path).sort()).toEqual(['/a', '/b', '/c']);
  expect(new Set(answers.map(({ body }) => body.tab)).size).toBe(3);
  streams[0]!.emit('lifetime', body);
  await pass(100);
  expect(made('POST session').length).toBe(before + 3);

  tabs[1]!.page.dispatchEvent(new Event('freeze'));
  await pass(100);
  expect(made('POST tab').map(({ path }) => path)).toEqual([`tab/${answers.find(({ body }) => body.path === '/b')!.body.tab}`]);
});

test('Without a worker every tab asks by itself, and signs out by itself', async () => {
  const { tab, pass, made, open } = origin({ idle: 600_000 });
  const window = open();
  Object.assign(window.scope, { Worker: undefined });
  const { diagnostics, nightlatch } = await tab('/', { scope: window.scope });
  await pass(32_000);
  expect(diagnostics).toEqual(['worker']);
  expect(made('POST session').length).toBeGreaterThanOrEqual(2);
  await nightlatch.signOut();
  await settled();
  expect(made('POST sign-out').length).toBe(1);
});

test('The application signs out in one tab, and says where to go', async () => {
  const { tab, pass, made } = origin();
  const called: string[] = [];
  const onSignOut = (reason: string) => Promise.resolve(called.push(reason) && '/bye');
  const tabs = [await tab('/', { onSignOut }), await tab('/', { onSignOut })];
  await pass(6500);
  expect(called).toEqual(['idle']);
  expect(tabs.map(({ left }) => left[0])).toEqual(['/bye', 'https://app.example/nightlatch/signed-out?reason=idle']);
  expect(made('POST sign-out').length).toBe(1);
});

test('A sign-out of the application that fails keeps nobody here', async () => {
  const { tab, pass } = origin();
  const { left, diagnostics } = await tab('/', { onSignOut: () => Promise.reject(new Error('no')) });
  await pass(6500);
  expect(left).toEqual(['/nightlatch/signed-out?reason=idle']);
  expect(diagnostics).toEqual(['sign-out']);
});

test('A page that the browser had kept is hidden until the server has answered, and leaves if nobody is signed in', async () => {
  const { tab, server } = origin();
  const kept = { covered: true, required: true };
  const { nightlatch } = await tab('/', kept);
  expect(nightlatch.state).toMatchObject({ phase: 'active', cover: null });
  server.reachable = false;
  expect((await tab('/', kept)).nightlatch.state).toMatchObject({ phase: 'unknown', cover: 'offline' });
  server.reachable = true;
  server.over = 'idle';
  const late = await tab('/', kept);
  expect(late.left).toEqual(['https://app.example/nightlatch/signed-out?reason=idle']);
});

test('A route that changes while somebody types is no report more', async () => {
  const { tab, pass, made } = origin({ idle: 60_000, warn: 10_000 });
  const { press, scope } = await tab('/a');
  for (let i = 0; i < 20; i += 1) {
    press();
    await pass(500);
    (scope.location as { pathname: string }).pathname = `/${i}`;
  }
  expect(made('POST activity').length).toBeLessThanOrEqual(3);
  expect(made('POST session').at(-1)!.body.path).toBe('/18');
});

test('What is drawn after a busy time is not out of date', async () => {
  const { tab, pass } = origin();
  const { nightlatch, timers } = await tab();
  await pass(3500);
  const covers: unknown[] = [];
  nightlatch.subscribe(({ state }) => covers.push(state.cover));
  const frames = [...timers.values()].filter((timer) => !timer.every);
  expect(frames.length).toBe(1);
  // Nothing but the frame runs after the deadline.
  timers.clear();
  timers.set(1, frames[0]!);
  await pass(2500);
  expect(covers).toContain('checking');
});

test('Started and stopped any number of times, nothing stays behind', async () => {
  const { tab, channels } = origin();
  const { nightlatch, listeners, timers, workers } = await tab();
  const before = [listeners(), timers.size, channels.length, workers.length];
  for (let i = 0; i < 200; i += 1) {
    nightlatch.start();
    nightlatch.stop();
    nightlatch.stop();
    nightlatch.start();
  }
  await settled();
  expect([listeners(), timers.size, channels.length, workers.length]).toEqual(before);
  nightlatch.stop();
  expect([listeners(), timers.size, channels.length, workers.length]).toEqual([0, 0, 0, 0]);
});

test('Mounted twice at once, as React does in StrictMode, a page has one name and asks once', async () => {
  const { open, requests } = origin();
  const { scope } = open();
  const nightlatch = createNightlatch({ scope });
  nightlatch.start();
  nightlatch.stop();
  nightlatch.start();
  await settled();
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST session']);
  nightlatch.stop();
  expect(requests.at(-1)).toMatchObject({ method: 'DELETE', path: `tab/${requests[0]!.body.tab}` });
});

test('A page that was started and stopped at once has never been open', async () => {
  const { open, requests, channels } = origin();
  const { scope, listeners } = open();
  const nightlatch = createNightlatch({ scope });
  nightlatch.start();
  nightlatch.stop();
  await settled();
  expect([requests.length, channels.length, listeners()]).toEqual([0, 0, 0]);
});

test('A message that comes first after a sleep does not show the page', async () => {
  const { tab, pass, streams, now } = origin({ idle: 60_000 });
  const { nightlatch, scope } = await tab();
  await pass(1000);
  const { Date: before } = scope;
  scope.fetch = () => new Promise(() => {});
  Object.assign(before, { now: () => SERVER + now() + 5000 });
  streams[0]!.emit('lifetime', {
    phase: 'active', idle_remaining_ms: 59_000, absolute_remaining_ms: null, warn_before_ms: 3000, subject: 'ada', handle: 'h', server_time_ms: SERVER + now(),
  });
  expect(nightlatch.state.cover).toBe('checking');
});

test('Once stopped it says nothing of a session that goes on, and nothing stays open', async () => {
  const { tab, pass } = origin();
  const { nightlatch } = await tab();
  await pass(3500);
  expect(nightlatch.state.phase).toBe('warning');
  nightlatch.stop();
  expect([nightlatch.state.phase, nightlatch.state.cover, nightlatch.remaining()]).toEqual(['unknown', null, null]);
});

test('A document that was opened anew is listened to again', async () => {
  const { tab, pass, made } = origin();
  const { scope, page } = await tab();
  // As good as a window whose listeners were taken away.
  const window = new EventTarget();
  scope.addEventListener = window.addEventListener.bind(window);
  Object.assign(page, { documentElement: {} });
  await pass(300);
  window.dispatchEvent(Object.defineProperty(new Event('keydown'), 'isTrusted', { value: true }));
  await pass(300);
  expect(made('POST activity').length).toBe(1);
});

test('Work is held for and its result passed on, whether or not the server grants it', async () => {
  const { tab, server, made } = origin();
  const { nightlatch } = await tab();
  server.reachable = false;
  expect(await withHold(nightlatch, Promise.resolve(7), { label: 'upload', max: 5000 })).toBe(7);
  expect(made('POST hold')[0]!.body).toEqual({ label: 'upload', for_ms: 5000 });
  await expect(withHold(nightlatch, Promise.reject(new Error('broken')), { label: 'upload' })).rejects.toThrow('broken');
});
