import { expect, test } from 'vitest';
import { tap } from './tap.js';

const door = () => ({
  opened: 0,
  open(by: number) {
    this.opened += by;
    return this.opened;
  },
});

test('Hears of a call after it was made, and changes nothing about it', () => {
  const heard: unknown[] = [];
  const owner = door();
  tap(owner, 'open', (self, result) => heard.push(self === owner, result), new AbortController().signal);
  expect(owner.open(2)).toBe(2);
  expect(heard).toEqual([true, 2]);
});

test('Is put in place once for each listener, and taken away with the signal', () => {
  const owner = door();
  const { open } = owner;
  const stop = new AbortController();
  let heard = 0;
  const hear = () => (heard += 1);
  for (let i = 0; i < 3; i += 1) tap(owner, 'open', hear, stop.signal);
  owner.open(1);
  expect(heard).toBe(1);
  stop.abort();
  expect(owner.open).toBe(open);
});

test('Leaves what somebody else has put on top of it', () => {
  const owner = door();
  const stop = new AbortController();
  tap(owner, 'open', () => {}, stop.signal);
  const below = owner.open;
  const theirs = (owner.open = function (by) {
    return below.call(this, by * 10);
  });
  stop.abort();
  expect(owner.open).toBe(theirs);
  expect(owner.open(1)).toBe(10);
});

test('A frozen object is left as it is', () => {
  const owner = Object.freeze(door());
  const { open } = owner;
  tap(owner, 'open', () => {}, new AbortController().signal);
  expect(owner.open).toBe(open);
});
