import { expect, test } from 'vitest';
import type { Lifetime } from '../lifetime/lifetime.js';
import { initial, step, type Model, type Step } from './machine.js';

const body = (over: Partial<Lifetime> = {}): Lifetime => ({
  phase: 'active',
  deadline_kind: 'idle',
  idle_remaining_ms: 6000,
  absolute_remaining_ms: 60_000,
  warn_before_ms: 3000,
  can_extend: true,
  subject: 'ada',
  handle: 'h',
  server_time_ms: 1_000_000,
  ...over,
});

const run = (model: Model, ...steps: [number, Step][]) => steps.reduce((m, [now, e]) => step(m, e, now), model);
const told = (sent: number, over?: Partial<Lifetime>): Step => ({ type: 'told', sent, body: body(over) });
const tick: Step = { type: 'tick' };
const live = (at = 0) => run(initial, [at, told(at)]);

test('Asks first and shows nothing before the answer', () => {
  expect(initial).toMatchObject({ phase: 'unknown', cover: null, ask: true });
});

test('Counts what remains from when the question was sent', () => {
  expect(run(initial, [140, told(100)])).toMatchObject({ phase: 'active', deadline: 6100, warnAt: 3100 });
});

test('The earlier of the two limits is the deadline, and no limit is none', () => {
  expect(run(initial, [0, told(0, { absolute_remaining_ms: 4000 })]).deadline).toBe(4000);
  expect(run(initial, [0, told(0, { idle_remaining_ms: null, absolute_remaining_ms: null })])).toMatchObject({
    deadline: null,
    warnAt: null,
  });
});

test('Asks the server before it warns, and warns when the server agrees', () => {
  const asking = run(live(), [3000, tick]);
  expect(asking).toMatchObject({ phase: 'active', ask: true });
  expect(run(asking, [3010, told(3000, { idle_remaining_ms: 3000 })])).toMatchObject({ phase: 'warning', ask: false });
});

test('Does not warn when another tab was active', () => {
  expect(run(live(), [3000, tick], [3010, told(3000)])).toMatchObject({ phase: 'active', deadline: 9000 });
});

test('Never warns without a warning period', () => {
  expect(run(initial, [0, told(0, { warn_before_ms: 0 })], [5900, tick])).toMatchObject({ phase: 'active', ask: false });
});

test('Hides the page at zero and asks; leaves only when the server says so', () => {
  const zero = run(live(), [6000, tick]);
  expect(zero).toMatchObject({ cover: 'checking', ask: true });
  expect(run(zero, [6010, { type: 'gone', reason: 'idle' }])).toMatchObject({ phase: 'ended', reason: 'idle', cover: 'leaving' });
  expect(run(zero, [6010, told(6000)])).toMatchObject({ phase: 'active', cover: null });
});

test('Stays hidden at zero while the server cannot be reached, and coming online only asks', () => {
  const offline = run(live(), [6000, tick], [6005, { type: 'lost' }]);
  expect(offline).toMatchObject({ cover: 'offline', trouble: true, ask: false, phase: 'active' });
  expect(run(offline, [6100, tick]).ask).toBe(false);
  expect(run(offline, [6600, tick]).ask).toBe(true);
  expect(run(offline, [6100, { type: 'online' }])).toMatchObject({ cover: 'offline', ask: true });
});

test('Repeats lost questions ever more slowly', () => {
  let m = live();
  const pauses = [];
  for (let i = 0; i < 9; i += 1) {
    m = step(m, { type: 'lost' }, 0);
    pauses.push(m.retryAt);
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('Warns even if the server cannot be reached', () => {
  expect(run(live(), [3000, tick], [3001, { type: 'lost' }])).toMatchObject({ phase: 'warning', trouble: true, cover: null });
});

test('Hides the page on waking, then shows what the server says', () => {
  const awake = run(live(), [1500, { type: 'tick', jumped: true }]);
  expect(awake).toMatchObject({ phase: 'active', cover: 'checking', ask: true });
  expect(run(awake, [1510, told(1500)])).toMatchObject({ phase: 'active', cover: null });
});

test('An answer to a question from before the sleep does not uncover the page', () => {
  const awake = run(live(), [1500, { type: 'tick', jumped: true }], [1501, told(400)]);
  expect(awake).toMatchObject({ cover: 'checking', ask: true });
});

test('A wake without server shows the page only if the sleep was shorter than the time left', () => {
  expect(run(live(), [1500, { type: 'tick', jumped: true }], [1510, { type: 'lost' }]).cover).toBeNull();
  expect(run(live(), [7500, { type: 'tick', jumped: true }], [7510, { type: 'lost' }]).cover).toBe('offline');
});

test('Waking past the deadline never passes through the warning', () => {
  const phases = [live()];
  for (const [now, e] of [[9000, { type: 'tick', jumped: true }], [9010, { type: 'gone', reason: 'idle' }]] as [number, Step][])
    phases.push(step(phases.at(-1)!, e, now));
  expect(phases.map((m) => m.phase)).toEqual(['active', 'active', 'ended']);
  expect(phases.map((m) => m.cover)).toEqual([null, 'checking', 'leaving']);
});

test('A page from the back/forward cache stays hidden until the server has answered, whatever the clock says', () => {
  const back = run(live(), [1000, { type: 'restored' }]);
  expect(back).toMatchObject({ cover: 'checking', ask: true });
  expect(run(back, [1010, { type: 'lost' }]).cover).toBe('offline');
  expect(run(back, [1010, { type: 'lost' }], [2000, told(1990)]).cover).toBeNull();
});

test('A claim that it is over hides the page and asks; it is not believed by itself', () => {
  const doubt = run(live(), [1000, { type: 'hint', reason: 'admin' }]);
  expect(doubt).toMatchObject({ phase: 'active', cover: 'checking', ask: true });
  expect(run(doubt, [1010, told(1000)])).toMatchObject({ phase: 'active', cover: null, hint: null });
  expect(run(doubt, [1010, { type: 'gone', reason: 'none' }])).toMatchObject({ phase: 'ended', reason: 'admin' });
});

test('A cookie that vanished at zero is told as the limit that was reached', () => {
  expect(run(live(), [6000, tick], [6010, { type: 'gone', reason: 'none' }]).reason).toBe('idle');
  expect(run(live(), [2000, { type: 'gone', reason: 'none' }]).reason).toBe('none');
});

test('A page that never saw a session is not hidden when there is none', () => {
  expect(run(initial, [10, { type: 'gone', reason: 'none' }])).toMatchObject({ phase: 'ended', cover: null });
});

test('Push is taken unless it is late or the page waits for an answer', () => {
  expect(run(live(), [100, { type: 'pushed', body: body({ idle_remaining_ms: 2000 }) }])).toMatchObject({ deadline: 2100, phase: 'warning' });
  expect(run(live(), [100, { type: 'pushed', body: body({ idle_remaining_ms: 9000, server_time_ms: 990_000 }) }]).deadline).toBe(6000);
  const zero = run(live(), [6000, tick]);
  expect(run(zero, [6001, { type: 'pushed', body: body() }])).toBe(zero);
});

test('An older answer never overrules a newer one', () => {
  expect(run(live(500), [900, told(400, { idle_remaining_ms: 100 })]).deadline).toBe(6500);
});

test('A lock hides the page; only the server unlocks', () => {
  const locked = run(live(), [100, told(100, { phase: 'locked', deadline_kind: 'absolute', idle_remaining_ms: null, can_extend: false })]);
  expect(locked).toMatchObject({ phase: 'locked', cover: 'locked', deadline: 60_100 });
  expect(run(locked, [200, tick])).toMatchObject({ cover: 'locked', ask: false });
  expect(run(locked, [60_100, tick])).toMatchObject({ cover: 'checking', ask: true });
  expect(run(locked, [300, { type: 'pushed', body: body() }])).toMatchObject({ phase: 'active', cover: null });
});

test('Being refused as locked makes it ask', () => {
  expect(run(live(), [100, { type: 'gone', reason: 'locked' }])).toMatchObject({ phase: 'active', cover: 'checking', ask: true });
});

test('Another person on the same cookie does not get to see this page', () => {
  expect(run(live(), [100, told(100, { subject: 'eve' })])).toMatchObject({ phase: 'ended', cover: 'leaving', replaced: true });
});

test('Nothing brings an ended session back', () => {
  const over = run(live(), [100, { type: 'gone', reason: 'user' }]);
  expect(run(over, [200, told(200)], [201, tick], [202, { type: 'pushed', body: body() }])).toBe(over);
});

test('While leaving, nothing uncovers the page', () => {
  const leaving = run(live(), [100, { type: 'leaving' }]);
  expect(run(leaving, [120, told(110)], [130, { type: 'lost' }], [140, tick], [150, { type: 'restored' }]).cover).toBe('leaving');
});
