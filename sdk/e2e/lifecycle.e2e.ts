// What browsers do to tabs that nobody looks at, and to those that are busy.
import { afterEach, describe, expect, test } from 'vitest';
import type { Tab } from './plain-chromium.js';
import type { RealServer } from './real-server.js';
import { passing, real, setPlainStage, until, type PlainStage } from './plain-stage.js';
import type { Note } from './recorder.js';

/** How much later than planned something may happen on a busy machine. */
const TOLERANCE = 750;

const shows = (...sights: string[]) => (note: Note) => sights.includes(note.frame!);
const happens = (event: string) => (note: Note) => note.event === event;
const arrives = (note: Note) => note.event === 'pageshow' && note.path.endsWith('/signed-out');
/** What a person saw from note number `from` on. */
const seen = (tab: Tab, from: number) => tab.notes.slice(from).flatMap(({ frame }) => frame ?? []);

describe.skipIf(!real)('In Chromium as it is', () => {
  let stage: PlainStage;
  afterEach(() => stage.close());

  const freeze = async (tab: Tab) => {
    const from = tab.notes.length;
    await tab.protocol.send('Page.setWebLifecycleState', { state: 'frozen' });
    await tab.noted(happens('freeze'), from);
  };

  /** The tab learns from the server alone that the session is over: it has no part in the end. */
  const learnsOfAnEnd = async (tab: Tab) => {
    const ended = Date.now();
    await stage.server.end(stage.handle, 'admin');
    expect((await tab.noted(shows('signed-out'))).at - ended).toBeLessThan(1000);
  };

  test('5: A frozen tab does not hold up the others, and shows nothing when it wakes', async () => {
    stage = await setPlainStage();
    const b = await stage.open();
    const a = await stage.open('/other');
    await until(stage.deadline - 5000);
    await freeze(b);
    const out = await a.noted(shows('signed-out'));
    expect(Math.abs(out.at - stage.deadline)).toBeLessThan(TOLERANCE);
    expect((await stage.audited()).reason).toBe('idle');

    await until(stage.deadline + 6000);
    const from = b.notes.length;
    await b.page.bringToFront();
    const resumed = await b.noted(happens('resume'), from);
    const left = await b.noted(shows('signed-out'), from);
    expect(seen(b, from)).not.toContain('page');
    expect(seen(b, from)).not.toContain('warning');
    expect(left.at - resumed.at).toBeLessThan(300);
    expect((await stage.server.audit()).length).toBe(1);
  });

  test('A tab that is frozen while it keeps the stream gives it to another one', async () => {
    stage = await setPlainStage({ policy: { idle: 60_000 } });
    const leader = await stage.open();
    await streams(1);
    const other = await stage.open('/other');
    await freeze(leader);
    await streams(2);
    await learnsOfAnEnd(other);
  });

  test('A tab that was frozen when an administrator ended the session says so when it wakes, and not that its time was up', async () => {
    stage = await setPlainStage({ policy: { idle: 12_000 } });
    const frozen = await stage.open();
    await streams(1);
    const other = await stage.open('/other');
    await freeze(frozen);
    // While the stream goes from one to the other nobody hears of anything.
    await streams(2);
    await learnsOfAnEnd(other);
    // The other one signs out, which takes the cookie away; and the idle limit of the frozen one passes.
    await expect.poll(() => stage.server.signOuts()).toBe(1);
    await until(stage.deadline + 500);
    await frozen.page.bringToFront();
    await frozen.noted(arrives);
    expect(new URL(frozen.page.url()).searchParams.get('reason')).toBe('admin');
  });

  test('A tab that hangs while it keeps the stream keeps the end from nobody', async () => {
    stage = await setPlainStage({ policy: { idle: 60_000 } });
    const leader = await stage.open();
    await streams(1);
    const other = await stage.open('/other');
    await hang(leader, 5000);
    await learnsOfAnEnd(other);
  });

  test('A tab that is thrown out of memory while it keeps the stream is not missed', async () => {
    stage = await setPlainStage({ policy: { idle: 60_000 } });
    await stage.chromium.discard(stage.server.url('/'), 'Home', () => streams(1));
    await expect.poll(() => stage.traffic.to('GET events')[0]!.until).toBeLessThan(Infinity);
    const other = await stage.open('/other');
    await streams(2);
    await learnsOfAnEnd(other);
  });

  test('A page that comes back out of the HTTP cache shows nothing before the server has been asked', async () => {
    stage = await setPlainStage({ policy: { idle: 60_000 } }, ['--disable-features=BackForwardCache']);
    const tab = await stage.open('/required');
    await tab.page.goto(stage.server.url('/nightlatch/signed-out'));
    await stage.server.end(stage.handle, 'admin');
    const from = tab.notes.length;
    await tab.page.evaluate(() => void setTimeout(() => history.back(), 0));
    await tab.noted((note) => note.path === '/required', from);
    await tab.noted(arrives, tab.notes.length);
    expect(seen(tab, from)).not.toContain('page');
  });

  test('A tab that crashes while it keeps the stream is replaced', async () => {
    stage = await setPlainStage({ policy: { idle: 60_000 } });
    const leader = await stage.open();
    await streams(1);
    const other = await stage.open('/other');
    void leader.protocol.send('Page.crash').catch(() => {});
    await streams(2);
    await learnsOfAnEnd(other);
  });

  test('10: Hiding the only tab lengthens nothing', async () => {
    stage = await setPlainStage();
    const tab = await stage.open();
    await until(stage.deadline - 5000);
    await stage.elsewhere();
    await tab.noted(happens('hidden'));
    const end = await stage.audited();
    expect(Math.abs(end.seen - stage.deadline)).toBeLessThan(1000);
    expect(end.reason).toBe('idle');
    expect(stage.traffic.to('POST activity')).toEqual([]);
    expect(stage.traffic.to('POST extend')).toEqual([]);
    const left = await tab.noted(arrives);
    expect(left.at - stage.deadline).toBeLessThan(1000 + TOLERANCE);
  });

  test('A main thread that is busy for 5 s across the deadline shows the end in its first frame', async () => {
    stage = await setPlainStage();
    const tab = await stage.open();
    await tab.noted(shows('warning'));
    const from = tab.notes.length;
    await hang(tab, 5000);
    const end = await stage.audited();
    expect(end.seen - stage.deadline).toBeLessThan(1000);
    const first = await tab.noted(({ gap }) => gap! > 4000, from);
    expect(['cover', 'signed-out']).toContain(first.frame);
    await tab.noted(shows('signed-out'), from);
    expect(seen(tab, from)).not.toContain('page');
  });

  test('What was pushed while the browser stood still is as old as it is: without a network the page is covered at its end', async () => {
    stage = await setPlainStage({ policy: { idle: 9000, warnBefore: 3000 } });
    const tab = await stage.open();
    await streams(1);
    // Asleep when the warning is pushed, awake 0.9 s before the end.
    await until(stage.deadline - 4900);
    const from = tab.notes.length;
    stage.chromium.standStill(true);
    await until(stage.deadline - 900);
    (stage.server as RealServer).application.cut(true);
    stage.chromium.standStill(false);
    const covered = await tab.noted(shows('cover'), from);
    expect(covered.at - stage.deadline).toBeLessThan(TOLERANCE);
    await until(stage.deadline + 3000);
    expect(seen(tab, tab.notes.indexOf(covered))).not.toContain('page');
    expect(seen(tab, tab.notes.indexOf(covered))).not.toContain('warning');
  });

  describe.each([
    ['with the worker', {}, true],
    ['with the worker refused', { 'Content-Security-Policy': "default-src 'self'; worker-src 'none'" }, false],
  ])('%s', (_, headers, prompt) => {
    test('A page that is hidden for longer than timers are let run is signed out in time', async () => {
      stage = await setPlainStage({ headers, policy: { idle: 30_000 } }, [
        '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/10',
        '--intensive-wake-up-throttling-policy=force-enable',
      ]);
      const tab = await stage.open();
      await stage.elsewhere();
      const hidden = await tab.noted(happens('hidden'));
      const end = await stage.audited();
      expect(Math.abs(end.at - stage.deadline)).toBeLessThan(1000);
      expect(end.seen - end.at).toBeLessThan(1000);
      // The browser did what this is about: before the warning opened, timers of the page fired hardly ever.
      const [from, to] = [hidden.at + 12_000, stage.deadline - 4000];
      const beats = tab.notes.filter(({ event, at }) => event === 'beat' && at > from && at < to);
      expect(beats.length).toBeLessThan((to - from) / 1000 / 3);
      // Without the worker nothing wakes the page; with it, the page goes by itself.
      if (prompt) expect((await tab.noted(arrives)).at - end.at).toBeLessThan(1000 + TOLERANCE);

      await until(end.at + 2000);
      const count = tab.notes.length;
      await tab.page.bringToFront();
      await tab.noted(shows('signed-out'), count);
      expect(seen(tab, count).filter((sight) => !['cover', 'blank', 'signed-out'].includes(sight))).toEqual([]);
    });

    test('A visible page is signed out in time', async () => {
      stage = await setPlainStage({ headers });
      const tab = await stage.open();
      const out = await tab.noted(shows('signed-out'));
      expect(Math.abs(out.at - stage.deadline)).toBeLessThan(TOLERANCE);
      const end = await stage.audited();
      expect(Math.abs(end.at - stage.deadline)).toBeLessThan(1000);
    });
  });

  async function hang(tab: Tab, ms: number) {
    await tab.page.evaluate((busy) => void setTimeout(() => {
      for (const end = performance.now() + busy; performance.now() < end; );
    }, 0), ms);
  }

  /** Until so many event streams have been opened in all. */
  async function streams(count: number) {
    for (const end = Date.now() + 10_000; stage.traffic.to('GET events').length < count; await passing(20)) {
      expect(Date.now(), 'no other tab opened the stream').toBeLessThan(end);
    }
    // Until it is open, not only asked for.
    await passing(200);
  }
});
