import { expect, test } from 'vitest';
import type { Scope } from '../call/call.js';
import { openChannel, parseMessage, type Message } from './channel.js';

test('Takes exactly the messages it knows and nothing else from them', () => {
  expect(parseMessage({ type: 'ended', reason: 'user', to: 'https://elsewhere.example' })).toEqual({ type: 'ended', reason: 'user' });
  expect(parseMessage({ type: 'look', remaining: 1e9 })).toEqual({ type: 'look' });
  for (const forged of [null, 7, 'look', [], {}, { type: 'ended' }, { type: 'ended', reason: '../x' }, { type: 'extended' }]) {
    expect(parseMessage(forged)).toBeUndefined();
  }
});

/** Windows of one origin: what one writes, the others hear. */
function windows(count: number) {
  const scopes = Array.from({ length: count }, () => new EventTarget());
  for (const scope of scopes) {
    Object.assign(scope, {
      localStorage: {
        setItem(key: string, newValue: string) {
          for (const other of scopes) {
            if (other !== scope) other.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }));
          }
        },
      },
    });
  }
  return scopes as unknown as Scope[];
}

test('Falls back to storage events, and equal messages arrive each time', () => {
  const [a, b] = windows(2) as [Scope, Scope];
  const heard: Message[] = [];
  const sender = openChannel(a, 'n', () => heard.push({ type: 'beat' }));
  const receiver = openChannel(b, 'n', (message) => heard.push(message));
  expect(sender.open && receiver.open).toBe(true);
  sender.send({ type: 'look' });
  sender.send({ type: 'look' });
  b.dispatchEvent(Object.assign(new Event('storage'), { key: 'n', newValue: '{' }));
  b.dispatchEvent(Object.assign(new Event('storage'), { key: 'other', newValue: '{"type":"look"}' }));
  receiver.close();
  sender.send({ type: 'look' });
  expect(heard).toEqual([{ type: 'look' }, { type: 'look' }]);
});

test('Works without channel and storage, alone and without a word', () => {
  const scope = Object.defineProperty(new EventTarget(), 'localStorage', {
    get() {
      throw new Error('denied');
    },
  }) as unknown as Scope;
  const channel = openChannel(scope, 'n', () => {});
  expect(channel.open).toBe(false);
  channel.send({ type: 'look' });
  channel.close();
});

test('Uses a BroadcastChannel where there is one', async () => {
  const scope = { BroadcastChannel } as unknown as Scope;
  const a = openChannel(scope, 'n', () => {});
  const heard = await new Promise<Message>((resolve) => {
    const c = openChannel(scope, 'n', (message) => {
      c.close();
      resolve(message);
    });
    a.send({ type: 'ended', reason: 'admin' });
  });
  a.close();
  expect(heard).toEqual({ type: 'ended', reason: 'admin' });
});
