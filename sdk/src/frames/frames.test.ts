import { expect, test } from 'vitest';
import type { Scope } from '../call/call.js';
import { ACTIVITY, watchFrames } from './frames.js';

type Frame = Scope & { frames: Frame[] };

/** A window of the same origin; of another one without a document. */
function frame(...children: Frame[]): Frame {
  const self = Object.assign(new EventTarget(), {
    document: { documentElement: {} },
    location: { href: 'https://app.example/' },
    closed: false,
    length: children.length,
    frames: children,
    open: (): Frame | null => null,
    Event: class extends Event {},
  });
  children.forEach((child, i) => Object.assign(self, { [i]: child }));
  return self as unknown as Frame;
}

const foreign = () =>
  Object.defineProperty(frame(), 'document', {
    get() {
      throw new DOMException('another origin', 'SecurityError');
    },
  });

/** An `about:blank` window that this one opens next. */
function opening(opener: Frame, ...children: Frame[]): Frame {
  const popup = Object.assign(frame(...children), { location: { href: 'about:blank' } });
  opener.open = () => popup;
  return popup;
}

/** Looks whenever it is called; what was attached to, in order. */
function watching(top: Frame, allowed?: string[]) {
  const attached: Window[] = [];
  const seen: string[] = [];
  const stop = new AbortController();
  const acts = { count: 0 };
  const nobodys: Window[] = [];
  const look = () => {
    watchFrames(top, nobodys, (view) => attached.push(view), (event) => seen.push(event.type), allowed, () => (acts.count += 1), stop.signal);
    return [...nobodys];
  };
  return { attached, seen, look, acts, stop };
}

test('Attaches once to every frame it may look into, however deep, and again to a new document', () => {
  const deep = frame();
  const near = frame(deep);
  const top = frame(foreign(), near);
  const { attached, look } = watching(top);
  look();
  look();
  expect(attached).toEqual([top, near, deep]);
  Object.assign(near, { document: { documentElement: {} } });
  look();
  expect(attached).toEqual([top, near, deep, near]);
  // As `document.open()` does.
  Object.assign(top, { document: { documentElement: {} } });
  look();
  expect(attached).toEqual([top, near, deep, near, top]);
  const another = watching(top);
  another.look();
  expect(another.attached.length).toBe(3);
});

test('Attaches to a window that was opened, and again when its document is written anew', () => {
  const top = frame();
  const inside = frame();
  const popup = opening(top, inside);
  const { attached, look } = watching(top);
  expect(look()).toEqual([]);
  top.open();
  expect(look()).toEqual([popup]);
  expect(attached).toEqual([top, popup, inside]);
  Object.assign(popup.document, { documentElement: null });
  look();
  Object.assign(popup.document, { documentElement: {} });
  look();
  expect(attached).toEqual([top, popup, inside, popup]);
});

test('Knows windows without an address of their own, also of a frame or of another such window, until they are closed', () => {
  const inner = frame();
  const top = frame(inner);
  const first = opening(inner);
  const second = opening(first);
  const { look } = watching(top);
  look();
  inner.open();
  look();
  first.open();
  expect(look()).toEqual([first, second]);
  Object.assign(second, { location: { href: 'https://app.example/report' } });
  expect(look()).toEqual([first]);
  Object.assign(first, { closed: true });
  expect(look()).toEqual([]);
});

test('A window that the browser keeps on top of others counts as opened', () => {
  const floating = Object.assign(frame(), { location: { href: 'about:blank' } });
  const { look } = watching(Object.assign(frame(), { documentPictureInPicture: { window: floating } }));
  look();
  expect(look()).toEqual([floating]);
});

test('Believes a frame of another origin only if its origin is allowed', () => {
  const top = frame();
  const { look, acts, stop } = watching(top, ['https://good.example']);
  for (let i = 0; i < 3; i += 1) look();
  const post = (origin: string, data: unknown) => top.dispatchEvent(Object.assign(new Event('message'), { origin, data }));
  post('https://evil.example', ACTIVITY);
  post('https://good.example', 'something else');
  expect(acts.count).toBe(0);
  post('https://good.example', ACTIVITY);
  expect(acts.count).toBe(1);
  stop.abort();
  post('https://good.example', ACTIVITY);
  expect(acts.count).toBe(1);
});

test('Hears of an event that a listener before it keeps from all others, here and in frames, until it is stopped', () => {
  const near = frame();
  const top = frame(near);
  const { seen, look, stop } = watching(top);
  look();
  look();
  for (const view of [top, near]) {
    view.addEventListener('keydown', (event) => event.stopImmediatePropagation(), true);
    view.dispatchEvent(new view.Event('keydown'));
  }
  expect(seen).toEqual(['keydown', 'keydown']);
  stop.abort();
  top.dispatchEvent(new top.Event('keydown'));
  expect(seen.length).toBe(2);
});
