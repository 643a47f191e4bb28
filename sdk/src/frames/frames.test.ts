import { expect, test } from 'vitest';
import { ACTIVITY, watchFrames } from './frames.js';

type Frame = Window & { frames: Frame[] };

/** A window of the same origin; of another one without a document. */
function frame(...children: Frame[]): Frame {
  const self = Object.assign(new EventTarget(), { document: {}, length: children.length, frames: children });
  children.forEach((child, i) => Object.assign(self, { [i]: child }));
  return self as unknown as Frame;
}

const foreign = () =>
  Object.defineProperty(frame(), 'document', {
    get() {
      throw new DOMException('another origin', 'SecurityError');
    },
  });

test('Attaches once to every frame it may look into, however deep, and again to a new document', () => {
  const deep = frame();
  const near = frame(deep);
  const top = frame(foreign(), near);
  const attached: Window[] = [];
  const { signal } = new AbortController();
  const look = () => watchFrames(top, (window) => attached.push(window), undefined, () => {}, signal);
  look();
  look();
  expect(attached).toEqual([near, deep]);
  Object.assign(near, { document: {} });
  look();
  expect(attached).toEqual([near, deep, near]);
  watchFrames(top, (window) => attached.push(window), undefined, () => {}, new AbortController().signal);
  expect(attached.length).toBe(5);
});

test('Believes a frame of another origin only if its origin is allowed', () => {
  const top = frame();
  const stop = new AbortController();
  let acted = 0;
  for (let i = 0; i < 3; i += 1) watchFrames(top, () => {}, ['https://good.example'], () => (acted += 1), stop.signal);
  const post = (origin: string, data: unknown) => top.dispatchEvent(Object.assign(new Event('message'), { origin, data }));
  post('https://evil.example', ACTIVITY);
  post('https://good.example', 'something else');
  expect(acted).toBe(0);
  post('https://good.example', ACTIVITY);
  expect(acted).toBe(1);
  stop.abort();
  post('https://good.example', ACTIVITY);
  expect(acted).toBe(1);
});
