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

test('Passes words through storage, and equal ones arrive each time', () => {
  const { window, written } = stub();
  const channel = new StorageChannel('n');
  const heard: string[] = [];
  channel.onmessage = ({ data }: MessageEvent<string>) => heard.push(data.split(' ').slice(0, 2).join(' '));
  channel.postMessage('ended idle');
  channel.postMessage('ended idle');
  expect(new Set(written).size).toBe(2);
  window.dispatchEvent(Object.assign(new Event('storage'), { key: 'other', newValue: 'look' }));
  channel.close();
  channel.postMessage('ended idle');
  expect(heard).toEqual(['ended idle', 'ended idle']);
});

test('Does without storage', () => {
  stub(() => {
    throw new Error('denied');
  });
  expect(() => new StorageChannel('n').postMessage('look')).not.toThrow();
});
