import { afterEach, expect, test, vi } from 'vitest';
import { StorageChannel } from './channel.js';

afterEach(() => vi.unstubAllGlobals());

/** A window whose storage tells itself, as the browser tells the others. */
function stub(setItem?: () => void) {
  const window = new EventTarget();
  const written: string[] = [];
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('localStorage', {
    setItem:
      setItem ??
      ((key: string, newValue: string) => {
        written.push(newValue);
        window.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }));
      }),
  });
  return { window, written };
}

test('Passes what is said through storage, and what is equal arrives each time', () => {
  const { window, written } = stub();
  const channel = new StorageChannel('n');
  const heard: unknown[] = [];
  channel.onmessage = ({ data }: MessageEvent) => heard.push(data);
  channel.postMessage('ended idle');
  channel.postMessage({ type: 'message', data: [1, { a: null }] });
  channel.postMessage('ended idle');
  expect(new Set(written).size).toBe(3);
  for (const forged of ['look', '{', '7', null]) window.dispatchEvent(Object.assign(new Event('storage'), { key: 'n', newValue: forged }));
  window.dispatchEvent(Object.assign(new Event('storage'), { key: 'other', newValue: '["look",1]' }));
  channel.close();
  channel.postMessage('ended idle');
  expect(heard).toEqual(['ended idle', { type: 'message', data: [1, { a: null }] }, 'ended idle']);
});

test('Reaches the others of the same page, which no storage event does, and not itself', async () => {
  stub(() => {});
  const [one, other, elsewhere] = [new StorageChannel('n'), new StorageChannel('n'), new StorageChannel('m')];
  const heard: string[] = [];
  for (const [name, channel] of Object.entries({ one, other, elsewhere })) channel.onmessage = () => heard.push(name);
  one.postMessage('look');
  await Promise.resolve();
  other.postMessage('look');
  one.close();
  await Promise.resolve();
  expect(heard).toEqual(['other']);
});

test('What has no end cannot be said', () => {
  stub();
  const round: { self?: object } = {};
  round.self = round;
  expect(() => new StorageChannel('n').postMessage(round)).toThrow();
});

test('Does without storage', () => {
  stub(() => {
    throw new Error('denied');
  });
  expect(() => new StorageChannel('n').postMessage('look')).not.toThrow();
});
