import { expect, test } from 'vitest';
import { createLocks } from '../../test/fake-locks.js';
import type { Answer, Call, Scope } from '../call/call.js';
import { redirectOf, signOutOnce } from './farewell.js';

const answer: Answer = { type: 'ok', body: { redirect: '/nightlatch/signed-out?reason=idle' } };

function origin(storage: object | undefined = new Map<string, string>()) {
  const map = storage as Map<string, string>;
  const localStorage = { getItem: (k: string) => map.get(k) ?? null, setItem: (k: string, v: string) => map.set(k, v) };
  return { navigator: { locks: createLocks() }, localStorage } as unknown as Scope;
}

test('Of five tabs at the same instant one signs out, and a later one does not do it again', async () => {
  const scope = origin();
  let calls = 0;
  const call: Call = async () => {
    calls += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return answer;
  };
  const five = await Promise.all(Array.from({ length: 5 }, () => signOutOnce(scope, call, 'n', 'h')));
  const late = await signOutOnce(scope, call, 'n', 'h');
  expect(calls).toBe(1);
  expect([...five, late].filter(Boolean)).toEqual(['/nightlatch/signed-out?reason=idle']);
  await signOutOnce(scope, call, 'n', 'the next session');
  expect(calls).toBe(2);
});

test('Signs out without locks and without storage', async () => {
  const scope = Object.defineProperty({ navigator: {} }, 'localStorage', {
    get() {
      throw new Error('denied');
    },
  }) as unknown as Scope;
  expect(await signOutOnce(scope, async () => answer, 'n', 'h')).toBe('/nightlatch/signed-out?reason=idle');
});

test('Goes on without an address when the server does not answer', async () => {
  expect(await signOutOnce(origin(), async () => ({ type: 'lost', status: 0 }), 'n', 'h')).toBeUndefined();
});

test('Follows paths and web addresses only', () => {
  expect(['/a', 'https://id.example/end', 'javascript:alert(1)', 'x', 7].map((redirect) => redirectOf({ redirect }))).toEqual([
    '/a', 'https://id.example/end', undefined, undefined, undefined,
  ]);
});
