import { expect, test } from 'vitest';
import { createLocks } from '../../../test/fake-locks.js';
import type { Scope } from '../../call/call.js';
import { createLeader, type Leader } from './leader.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Tabs that share locks; beats reach all others unless the tab is frozen. */
function tabs(count: number) {
  const scope = { navigator: { locks: createLocks().client() } } as unknown as Scope;
  const all: { leader: Leader; leads: boolean; frozen: boolean }[] = [];
  let now = 0;
  for (let i = 0; i < count; i += 1) {
    const tab = { leads: false, frozen: false } as (typeof all)[number];
    tab.leader = createLeader(scope, 'n', {
      beat: () => all.forEach((other) => other !== tab && !other.frozen && other.leader.heard(now)),
      lead: (leading) => (tab.leads = leading),
    });
    all.push(tab);
  }
  const pass = async (ms: number) => {
    for (const end = now + ms; now < end; now += 250) {
      for (const tab of all) if (!tab.frozen) tab.leader.tick(now);
      await settled();
    }
  };
  return { all, pass, leads: () => all.map((tab) => tab.leads) };
}

test('Exactly one tab leads, for as long as it beats', async () => {
  const { pass, leads } = tabs(3);
  await pass(30_000);
  expect(leads()).toEqual([true, false, false]);
});

test('When the leader goes, another one leads', async () => {
  const { all, pass, leads } = tabs(3);
  await pass(1000);
  all[0]!.leader.stop();
  await settled();
  await pass(500);
  expect(leads()).toEqual([false, true, false]);
});

test('A leader that froze with the lock in its hands is replaced, and steps back when it wakes', async () => {
  const { all, pass, leads } = tabs(2);
  await pass(1000);
  all[0]!.frozen = true;
  await pass(7000);
  expect(leads()[1]).toBe(true);
  all[0]!.frozen = false;
  await pass(10_000);
  expect(leads()).toEqual([false, true]);
});

test('Without locks every tab leads itself', () => {
  const leads: boolean[] = [];
  const asks = { beat: () => {}, lead: (leading: boolean) => leads.push(leading) };
  createLeader({ navigator: {} } as Scope, 'n', asks).stop();
  expect(leads).toEqual([true, false]);
});
