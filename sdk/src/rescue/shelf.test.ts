import { expect, test, vi } from 'vitest';
import type { Scope } from '../call/call.js';
import { openShelf } from './shelf.js';

/** What `localStorage` looks like to those who list its keys. */
function storage(items: Record<string, string> = {}) {
  const methods = {
    getItem: (name: string) => items[name] ?? null,
    setItem: (name: string, value: string) => void (items[name] = value),
    removeItem: (name: string) => void delete items[name],
  };
  return new Proxy(items, { get: (_, name: keyof typeof methods) => methods[name] }) as unknown as Storage;
}

const scopeWith = (localStorage: Storage) => ({ localStorage, crypto }) as unknown as Scope;
const soon = () => Date.now() + 1000;

test('Gives back what was put there, under a name that says nothing', () => {
  const items = {};
  const shelf = openShelf(scopeWith(storage(items)), '', () => {});
  const name = shelf.name();
  expect(name).toMatch(/^nightlatch:draft::[\d-]+$/);
  expect(shelf.name()).not.toBe(name);
  const sealed = { until: soon(), text: 'abc+/=' };
  shelf.put(name, sealed);
  expect(shelf.get(name)).toEqual(sealed);
  expect(shelf.names()).toEqual([name]);
  shelf.remove(name);
  expect([shelf.get(name), items]).toEqual([undefined, {}]);
});

test('Destroys what is too old, or no draft, and touches nothing else', () => {
  vi.useFakeTimers({ now: 5000 });
  const kept = { 'nightlatch:draft::new': '5001.x', 'nightlatch:draft:other:old': '1.x', elsewhere: '1.x' };
  const items = { ...kept, 'nightlatch:draft::old': '5000.x', 'nightlatch:draft::junk': 'junk', 'nightlatch:draft::none': 'NaN.x' };
  const shelf = openShelf(scopeWith(storage(items)), '', () => {});
  expect(shelf.names()).toEqual(['nightlatch:draft::new']);
  expect(items).toEqual(kept);
  shelf.clear();
  expect(Object.keys(items)).toEqual(['nightlatch:draft:other:old', 'elsewhere']);
  vi.useRealTimers();
});

test('Goes without storage that is denied or full, and says so', () => {
  const said: string[] = [];
  const denied = Object.defineProperty({ crypto }, 'localStorage', {
    get() {
      throw new DOMException('denied', 'SecurityError');
    },
  }) as unknown as Scope;
  const shelf = openShelf(denied, '', (detail) => said.push(detail));
  shelf.put('a', { until: soon(), text: '' });
  shelf.clear();
  expect([shelf.names(), shelf.get('a')]).toEqual([[], undefined]);
  expect(said[0]).toMatch(/denied/);

  const full = { ...storage(), setItem: () => expect.fail('QuotaExceededError') } as Storage;
  openShelf(scopeWith(full), '', (detail) => said.push(detail)).put('a', { until: soon(), text: '' });
  expect(said.at(-1)).toMatch(/QuotaExceeded/);
});
