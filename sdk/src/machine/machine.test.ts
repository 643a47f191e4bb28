import { expect, test } from 'vitest';
import type { Gone } from '../call/call.js';
import type { Lifetime } from '../lifetime/lifetime.js';
import {
  doubted, extending, initial, leaving, looked, lost, pushed, refused, resting, ticked, told, type Model,
} from './machine.js';

const body = (over: Partial<Lifetime> = {}): Lifetime => ({
  phase: 'active',
  deadline_kind: 'idle',
  idle_remaining_ms: 6000,
  absolute_remaining_ms: 60_000,
  warn_before_ms: 3000,
  can_extend: true,
  on_idle: 'sign-out',
  subject: 'ada',
  handle: 'h',
  authentication_age_ms: 0,
  server_time_ms: 0,
  ...over,
});

type Step = (m: Model, now: number) => Model;

const run = (model: Model, ...steps: [number, Step][]) => steps.reduce((m, [now, step]) => step(m, now), model);
/** What the server's clock shows at the instant 0 of the page's. */
const SERVER = 1_700_000_000_000;
const answer = (sent: number, over?: Partial<Lifetime>): Step => (m, now) =>
  told(m, body({ server_time_ms: SERVER + sent, ...over }), sent, now, 0);
/** Pushed at the instant `sent`, if not just now. */
const push = (over?: Partial<Lifetime>, sent?: number): Step => (m, now) =>
  pushed(m, body({ server_time_ms: SERVER + (sent ?? now), ...over }), now, 0);
const gone = (reason: Gone['reason'], more: Partial<Gone> = {}): Step => (m, now) => refused(m, { type: 'gone', reason, ...more }, now);
const tick: Step = (m, now) => ticked(m, now, 0);
const jump: Step = (m) => doubted(m, null);
const restored: Step = (m) => doubted(m, '');
const hint: Step = (m) => doubted(m, 'admin');
/** The same numbers on every run. */
const seeded = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};
const live = (at = 0) => run(initial, [at, answer(at)]);

test('Asks first and shows nothing before the answer', () => {
  expect(initial).toMatchObject({ phase: 'unknown', cover: null, asks: true });
});

test('Counts what remains from when the question was sent', () => {
  expect(run(initial, [140, answer(100)])).toMatchObject({ phase: 'active', deadline: 6100, warnAt: 3100 });
});

test('The earlier of the two limits is the deadline, and no limit is none', () => {
  expect(run(initial, [0, answer(0, { absolute_remaining_ms: 4000 })]).deadline).toBe(4000);
  expect(run(initial, [0, answer(0, { idle_remaining_ms: null, absolute_remaining_ms: null })])).toMatchObject({
    deadline: Infinity,
    warnAt: Infinity,
  });
});

test('Asks the server before it warns, and warns when the server agrees', () => {
  const asking = run(live(), [3000, tick]);
  expect(asking).toMatchObject({ phase: 'active', asks: true });
  expect(run(asking, [3010, answer(3000, { idle_remaining_ms: 3000 })])).toMatchObject({ phase: 'warning', asks: false });
});

test('Does not warn when another tab was active', () => {
  expect(run(live(), [3000, tick], [3010, answer(3000)])).toMatchObject({ phase: 'active', deadline: 9000 });
});

test('The warning comes on time without an answer, and at once where the last question was lost', () => {
  expect(run(live(), [2750, tick])).toMatchObject({ phase: 'active', asks: true });
  expect(run(live(), [2750, tick], [3500, tick])).toMatchObject({ phase: 'warning', asks: true, retryAt: 0 });
  expect(run(live(), [1000, lost], [2999, tick])).toMatchObject({ phase: 'active' });
  expect(run(live(), [1000, lost], [3000, tick])).toMatchObject({ phase: 'warning', trouble: true });
});

test('However long the pause between questions has become, the warning and the end are on time', () => {
  const limits = { idle_remaining_ms: 40_000, warn_before_ms: 15_000 };
  let m = run(initial, [0, answer(0, limits)]);
  const at: Record<string, number> = {};
  // The network is gone from second 2 on; the page ticks, and asks when it wants to.
  m = lost(looked(m), 2000);
  for (let now = 2000; now <= 41_000; now += 250) {
    m = ticked(m, now, 0);
    if (m.asks) m = lost(m, now);
    at[m.cover ?? m.phase] ??= now;
  }
  expect(at).toEqual({ active: 2000, warning: 25_000, offline: 40_000 });
});

test('Where somebody is there and the server may not know it yet, the warning waits a little longer for an answer', () => {
  expect(ticked(live(), 4900, 2800).phase).toBe('active');
  expect(ticked(live(), 5000, 2800).phase).toBe('warning');
  expect(ticked(run(live(), [2900, lost]), 3000, 2800).phase).toBe('warning');
});

test('A warning in an answer that may not know of the last input waits for the next one; its deadline does not', () => {
  const crossed = told(live(), body({ phase: 'warning', idle_remaining_ms: 2000 }), 2900, 3000, 2950);
  expect(crossed).toMatchObject({ phase: 'active', deadline: 4900, warnAt: 1900, asks: false });
  expect(ticked(crossed, 3250, 2950)).toMatchObject({ phase: 'active', asks: true });
  expect(ticked(crossed, 3900, 2950).phase).toBe('warning');
  expect(ticked(crossed, 4900, 2950)).toMatchObject({ cover: 'checking' });
  const again = (now: number) => told(crossed, body({ phase: 'warning', idle_remaining_ms: 4900 - now }), now, now, Infinity).phase;
  expect([again(3800), again(3900)]).toEqual(['active', 'warning']);
  expect(told(crossed, body({ phase: 'warning', idle_remaining_ms: 1900 }), 3000, 3000, 2950).phase).toBe('warning');
  // A page that slept, and one that warns already, do as they are told.
  const warned = body({ phase: 'warning', idle_remaining_ms: 2000 });
  for (const m of [doubted(live(), null), { ...live(), phase: 'warning' as const }]) expect(told(m, warned, 2900, 3000, 2950).phase).toBe('warning');
});

test('Never warns without a warning period', () => {
  expect(run(initial, [0, answer(0, { warn_before_ms: 0 })], [5900, tick])).toMatchObject({ phase: 'active', asks: false });
});

test('Hides the page at zero and asks; leaves only when the server says so', () => {
  const zero = run(live(), [6000, tick]);
  expect(zero).toMatchObject({ cover: 'checking', asks: true });
  expect(run(zero, [6010, gone('idle')])).toMatchObject({ phase: 'ended', reason: 'idle', cover: 'leaving' });
  expect(run(zero, [6010, answer(6000)])).toMatchObject({ phase: 'active', cover: null });
});

test('Stays hidden at zero while the server cannot be reached, and coming online only asks', () => {
  const offline = run(live(), [6000, tick], [6005, lost]);
  expect(offline).toMatchObject({ cover: 'offline', trouble: true, asks: false, phase: 'active' });
  expect(run(offline, [6100, tick]).asks).toBe(false);
  expect(run(offline, [6600, tick]).asks).toBe(true);
  expect(run(offline, [6100, looked])).toMatchObject({ cover: 'offline', asks: true });
});

test('Repeats lost questions ever more slowly', () => {
  let m = live();
  const pauses = [];
  for (let i = 0; i < 9; i += 1) {
    m = lost(m, 0);
    pauses.push(m.retryAt);
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('Warns even if the server cannot be reached', () => {
  expect(run(live(), [3000, tick], [3001, lost], [3010, tick])).toMatchObject({ phase: 'warning', trouble: true, cover: null });
});

test('Hides the page on waking, then shows what the server says', () => {
  const awake = run(live(), [1500, jump]);
  expect(awake).toMatchObject({ phase: 'active', cover: 'checking', asks: true });
  expect(run(awake, [1510, answer(1500)])).toMatchObject({ phase: 'active', cover: null });
});

test('A wake without server shows the page only if the sleep was shorter than the time left', () => {
  expect(run(live(), [1500, jump], [1510, lost]).cover).toBeNull();
  expect(run(live(), [7500, jump], [7510, lost]).cover).toBe('offline');
});

test('Waking past the deadline never passes through the warning', () => {
  const phases = [live()];
  for (const [now, e] of [[9000, jump], [9010, gone('idle')]] as [number, Step][])
    phases.push(e(phases.at(-1)!, now));
  expect(phases.map((m) => m.phase)).toEqual(['active', 'active', 'ended']);
  expect(phases.map((m) => m.cover)).toEqual([null, 'checking', 'leaving']);
});

test('A page from the back/forward cache stays hidden until the server has answered, whatever the clock says', () => {
  const back = run(live(), [1000, restored]);
  expect(back).toMatchObject({ cover: 'checking', asks: true });
  expect(run(back, [1010, lost]).cover).toBe('offline');
  expect(run(back, [1010, lost], [2000, answer(1990)]).cover).toBeNull();
});

test('A claim that it is over hides the page and asks; it is not believed by itself', () => {
  const doubt = run(live(), [1000, hint]);
  expect(doubt).toMatchObject({ phase: 'active', cover: 'checking', asks: true });
  expect(run(doubt, [1010, answer(1000)])).toMatchObject({ phase: 'active', cover: null, doubt: null });
  expect(run(doubt, [1010, gone('none')])).toMatchObject({ phase: 'ended', reason: 'admin' });
});

test('A reason that was told is not forgotten for a later doubt without one', () => {
  expect(run(live(), [1000, hint], [1001, restored], [7000, jump], [7010, gone('none')])).toMatchObject({ reason: 'admin' });
});

test('Says when the session was over and where to sign in, as far as the server told', () => {
  expect(run(live(), [100, gone('admin', { ended_at: 5, sign_in_url: '/in' })])).toMatchObject({ endedAt: 5, signInUrl: '/in' });
  expect(run(live(), [100, gone('admin')])).toMatchObject({ endedAt: null, signInUrl: null });
});

test('A cookie that vanished at zero is told as the limit that was reached', () => {
  expect(run(live(), [6000, tick], [6010, gone('none')]).reason).toBe('idle');
});

test('A cookie that vanished out of the blue may be on its way: the page hides, and leaves if it stays away', () => {
  const hidden = run(live(), [2000, gone('none')]);
  expect(hidden).toMatchObject({ phase: 'active', cover: 'checking', asks: false });
  expect(run(hidden, [2900, tick]).asks).toBe(false);
  expect(run(hidden, [3000, tick]).asks).toBe(true);
  expect(run(hidden, [3010, answer(3000)])).toMatchObject({ phase: 'active', cover: null });
  expect(run(hidden, [3010, gone('none')])).toMatchObject({ phase: 'ended', reason: 'none', cover: 'leaving' });
});

test('A page that never saw a session is not hidden when there is none', () => {
  expect(run(initial, [10, gone('none')])).toMatchObject({ phase: 'ended', cover: null });
});

test('Push is taken unless the page waits for an answer', () => {
  expect(run(live(), [100, push({ idle_remaining_ms: 2000 })])).toMatchObject({ deadline: 2100, phase: 'warning' });
  const zero = run(live(), [6000, tick]);
  expect(run(zero, [6001, push()])).toBe(zero);
});

test('Push before the first answer says nothing: it may be older than the page', () => {
  expect(run(initial, [100, push()])).toBe(initial);
});

test('A push that waited counts from when it was sent: 0.9 s are left, not 3', () => {
  const awake = run(live(), [5100, push({ idle_remaining_ms: 3000, phase: 'warning' }, 3000)]);
  expect(awake).toMatchObject({ phase: 'warning', deadline: 6000 });
});

test('A push that waited and would lengthen makes the page ask; one that shortens is believed', () => {
  const waited = (idle: number) => run(live(), [5000, push({ idle_remaining_ms: idle }, 3000)]);
  expect(waited(6000)).toMatchObject({ deadline: 6000, asks: true });
  expect(waited(2500)).toMatchObject({ deadline: 5500, asks: false });
});

test('A push from before what is known changes nothing', () => {
  const known = live(4000);
  expect(run(known, [4100, push({ idle_remaining_ms: 60_000 }, 3900)])).toBe(known);
});

test('A server clock that was set forward makes no push older than it is, and the next one is measured by it', () => {
  const later = run(live(), [1000, push({}, 3_601_000)]);
  expect(later).toMatchObject({ deadline: 7000, toldAt: 1000 });
  expect(run(later, [5000, push({ idle_remaining_ms: 4500 }, 3_602_000)])).toMatchObject({ deadline: 6500 });
});

// The property behind these: a deadline that the page believes in was in force on the server at some instant since the page
// last asked, and what came late moves nothing later than a question of its own does.
test('No order, delay or sleep makes a push move a deadline past the one in force when it was sent', () => {
  const random = seeded(7);
  let beyond = -Infinity;
  for (let round = 0; round < 2000; round += 1) {
    // What the server has in force, and since when; the page's clock is its clock, less SERVER.
    let inForce = 6000;
    let at = 0;
    let m = live();
    const underway: { sent: number; deadline: number; arrives: number }[] = [];
    let latest = inForce;
    for (let i = 0; i < 12; i += 1) {
      at += Math.floor(random() * 1500);
      // Activity in another tab, or another policy.
      if (random() < 0.6 || inForce <= at) inForce = at + 500 + Math.floor(random() * 8000);
      underway.push({ sent: at, deadline: inForce, arrives: at + (random() < 0.5 ? 5 : Math.floor(random() * 6000)) });
      if (random() < 0.2) {
        const [sent, here] = [at, at + Math.floor(random() * 300)];
        m = told(m, body({ idle_remaining_ms: inForce - sent, server_time_ms: SERVER + sent }), sent, here, 0);
        latest = inForce;
        at = here;
      }
      for (const one of underway.splice(0).sort((a, b) => a.arrives - b.arrives)) {
        if (one.arrives > at + 1500) {
          underway.push(one);
          continue;
        }
        const now = Math.max(at, one.arrives);
        at = now;
        const before = m;
        m = pushed(m, body({ idle_remaining_ms: one.deadline - one.sent, server_time_ms: SERVER + one.sent }), now, 0);
        latest = Math.max(latest, one.deadline);
        const most = [latest, Math.max(before.deadline, one.deadline), now - one.sent > 1000 ? before.deadline : Infinity];
        beyond = Math.max(beyond, m.deadline - Math.min(...most));
      }
    }
  }
  // Once: to expect something thousands of times takes seconds on a busy machine.
  expect(beyond).toBe(0);
});

test('An answer just before the end keeps the page hidden', () => {
  const zero = run(live(), [6000, tick]);
  expect(run(zero, [6040, answer(6010, { idle_remaining_ms: 60 })])).toMatchObject({ cover: 'checking', deadline: 6070 });
  expect(run(zero, [6040, answer(6010, { idle_remaining_ms: 60 })], [6080, tick])).toMatchObject({ cover: 'checking', asks: true });
});

test('An older answer never overrules a newer one', () => {
  expect(run(live(500), [900, answer(400, { idle_remaining_ms: 100 })]).deadline).toBe(6500);
});

test('A lock hides the page; only the server unlocks', () => {
  const locked = run(live(), [100, answer(100, { phase: 'locked', deadline_kind: 'absolute', idle_remaining_ms: null, can_extend: false })]);
  expect(locked).toMatchObject({ phase: 'locked', cover: 'locked', deadline: 60_100 });
  expect(run(locked, [200, tick])).toMatchObject({ cover: 'locked', asks: false });
  expect(run(locked, [60_100, tick])).toMatchObject({ cover: 'checking', asks: true });
  expect(run(locked, [300, push()])).toMatchObject({ phase: 'active', cover: null });
});

test('Being refused as locked hides the page and makes it ask', () => {
  const refusal = run(live(), [100, gone('locked')]);
  expect(refusal).toMatchObject({ phase: 'active', cover: 'checking' });
  expect(run(refusal, [1100, tick]).asks).toBe(true);
});

test('The application hides the page until it says otherwise, whatever the server tells', () => {
  const stepping = resting(live(), 'step-up');
  expect(stepping.cover).toBe('step-up');
  expect(run(stepping, [200, answer(100)]).cover).toBe('step-up');
  expect(run(stepping, [200, restored], [300, lost]).cover).toBe('offline');
  expect(run(stepping, [200, restored], [300, answer(250)]).cover).toBe('step-up');
  expect(resting(run(stepping, [6000, tick]), null).cover).toBe('checking');
  expect(resting(stepping, null).cover).toBeNull();
});

test('An unconfirmed stay is asked for again until the warning is over', () => {
  const warning = run(live(), [3000, answer(3000, { idle_remaining_ms: 3000 })], [3100, extending]);
  expect(run(warning, [3200, lost], [4300, tick])).toMatchObject({ extending: true, asks: true });
  expect(run(warning, [3200, push({ idle_remaining_ms: 2800 })]).extending).toBe(true);
  expect(run(warning, [3200, push()]).extending).toBe(false);
});

test('Pauses five seconds between reports with long policies and fewer with short ones, never under one', () => {
  const pause = (idle: number | null, warn: number) =>
    run(initial, [0, answer(0, { idle_remaining_ms: idle, warn_before_ms: warn })]).reportEvery;
  expect([pause(null, 0), pause(1_800_000, 60_000), pause(12_000, 3000), pause(6000, 3000), pause(100, 50)]).toEqual([
    5000, 5000, 3000, 1000, 1000,
  ]);
});

test('Another person on the same cookie does not get to see this page', () => {
  expect(run(live(), [100, answer(100, { subject: 'eve' })])).toMatchObject({ phase: 'ended', cover: 'leaving', replaced: true });
});

test('Nothing brings an ended session back', () => {
  const over = run(live(), [100, gone('user')]);
  expect(run(over, [200, answer(200)], [201, tick], [202, push()])).toBe(over);
});

test('While leaving, nothing uncovers the page', () => {
  const gone = run(live(), [100, leaving]);
  expect(run(gone, [120, answer(110)], [130, lost], [140, tick], [150, restored]).cover).toBe('leaving');
});
