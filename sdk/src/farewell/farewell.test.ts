import { expect, test } from 'vitest';
import type { Answer, Scope } from '../call/call.js';
import { initial } from '../machine/machine.js';
import type { Options } from '../nightlatch/contract.js';
import { sayGoodbye } from './farewell.js';

const backend = () => async () => ({ type: 'ok', body: null }) as const;

interface Case {
  options?: Options;
  model?: object;
  answer?: Answer;
  goodbye?: Answer;
  leading?: boolean;
  at?: string;
  sessionStorage?: object;
}

const storage = () => {
  const items = new Map<string, string>();
  return { getItem: (key: string) => items.get(key) ?? null, setItem: (key: string, value: string) => items.set(key, value) };
};

/** What it did, and where it went. */
async function leave({ options = {}, model = {}, answer = { type: 'ok', body: null }, goodbye, leading = true, at = '/', sessionStorage = storage() }: Case) {
  const log: string[] = [];
  const location = {
    toString: () => `https://app.example${at}`,
    replace: (to: string) => log.push(`to ${to.replace('https://app.example', '')}`),
    reload: () => log.push('reload'),
  };
  const call = async (method: string, path: string, body?: object) => {
    log.push(`${method} ${path} ${JSON.stringify(body)}`);
    return answer;
  };
  const stays = await sayGoodbye(
    { location, sessionStorage, Date } as unknown as Scope,
    'https://app.example/nightlatch/',
    options,
    { ...initial, handle: 'h', reason: 'idle', cover: 'leaving', ...model },
    call,
    goodbye,
    leading,
    (word) => log.push(word),
    (code) => log.push(code),
  );
  return { log, stays };
}

/** It goes to our own page, which is told where the person was. */
const out = (reason: string, was = 'https://app.example/', place = '') =>
  `to /nightlatch/signed-out?reason=${reason}&return_to=${encodeURIComponent(was)}${place}`;

const to = (redirect: unknown): Answer => ({ type: 'ok', body: { redirect } });

test('The tab that leads tells the others, signs out, and follows the server', async () => {
  expect(await leave({ answer: to('https://id.example/end') })).toEqual({
    log: ['mine', 'ended idle', 'POST sign-out {"handle":"h"}', 'to https://id.example/end'],
    stays: undefined,
  });
});

test('A tab that does not lead goes to the signed-out page', async () => {
  expect((await leave({ leading: false })).log).toEqual(['ended idle', out('idle')]);
});

test('A tab that has signed out does not do it again, leading or not', async () => {
  expect((await leave({ leading: false, goodbye: to('/bye') })).log).toEqual(['mine', 'ended idle', 'to /bye']);
});

test('A tab that heard that another one does it leaves it to that one, leading or not', async () => {
  const goodbye: Answer = { type: 'gone', reason: 'user' };
  expect((await leave({ goodbye })).log).toEqual(['ended idle', out('idle')]);
});

test('Follows paths and web addresses only', async () => {
  for (const redirect of ['javascript:alert(1)', 'x', 7, null]) {
    expect((await leave({ goodbye: to(redirect) })).log.at(-1)).toBe(out('idle'));
  }
});

test('Knows better than a server that sees no cookie any more', async () => {
  expect((await leave({ answer: to('/nightlatch/signed-out?reason=none') })).log.at(-1)).toBe(out('idle'));
});

test('Where the person was is told to our own page alone', async () => {
  const last = async (redirect: string) => (await leave({ at: '/a?b=c#d', answer: to(redirect) })).log.at(-1);
  expect(await last('/nightlatch/signed-out?reason=user')).toBe(out('user', 'https://app.example/a?b=c', '#d'));
  for (const other of ['https://id.example/end?x=/signed-out?reason=idle&y', '/bye', 'https://id.example/signed-out?client=a']) {
    expect(await last(other)).toBe(`to ${other}`);
  }
});

test('A page of somebody else is loaded anew, and nobody is told', async () => {
  expect((await leave({ model: { replaced: true } })).log).toEqual(['reload']);
});

test('The application is told after the server, and its address is the last word', async () => {
  const told: string[] = [];
  const onSignOut = async (reason: string) => (told.push(reason), '/own');
  expect((await leave({ options: { onSignOut }, answer: to('/bye') })).log.at(-1)).toBe('to /own');
  expect(told).toEqual(['idle']);
});

test('On its own the application that signed out shows what comes next; the other tabs load anew', async () => {
  const onSignOut = async () => {};
  expect(await leave({ options: { backend, onSignOut } })).toMatchObject({ stays: null });
  const late = await leave({ options: { backend, onSignOut }, answer: { type: 'gone', reason: 'user' } });
  expect([late.log.at(-1), late.stays]).toEqual(['reload', undefined]);
  expect((await leave({ options: { backend } })).log.at(-1)).toBe('reload');
});

test('An application that fails to sign out is told, and the page goes all the same', async () => {
  const onSignOut = () => Promise.reject(new Error('no'));
  expect((await leave({ options: { onSignOut }, answer: to('/bye') })).log.slice(-2)).toEqual(['sign-out', 'to /bye']);
});

const page = { handle: null, reason: 'none', cover: null } as const;

test('A page of the application where the signed-out page should be stays, hidden, and tells', async () => {
  const { log, stays } = await leave({ at: '/nightlatch/signed-out?reason=idle', model: page });
  expect([log, stays]).toEqual([['ended none', 'service-worker'], 'signed-out']);
  expect((await leave({ at: '/nightlatch/signed-out', answer: to('/nightlatch/signed-out?reason=user') })).stays).toBe('signed-out');
  expect((await leave({ at: '/nightlatch/signed-out', answer: to('https://id.example/end') })).log.at(-1)).toBe('to https://id.example/end');
});

test('A page that never saw a session is sent away once, wherever it comes back', async () => {
  const sessionStorage = storage();
  const options = { required: true };
  expect((await leave({ model: page, sessionStorage, options })).log.at(-1)).toBe(out('none'));
  expect((await leave({ model: page, sessionStorage, options, at: '/other' })).stays).toBe('signed-out');
  expect((await leave({ model: page, sessionStorage, options: { backend, ...options } })).stays).toBe('signed-out');
  // Whoever was signed in meanwhile leaves as always.
  expect((await leave({ sessionStorage })).stays).toBeUndefined();
});

test('Without storage a page leaves all the same', async () => {
  expect((await leave({ model: page, sessionStorage: {}, options: { required: true } })).log.at(-1)).toBe(out('none'));
});

test('A page for everybody stays as it is', async () => {
  expect(await leave({ model: page })).toEqual({ log: [], stays: null });
});
