import { expect, test } from 'vitest';
import { createActivity, signs } from './activity.js';

const event = (type: string, more: object = {}) => ({ type, isTrusted: true, eventPhase: 1, ...more }) as unknown as Event;
const move = (screenX: number, screenY: number) => event('pointermove', { screenX, screenY });

test('Counts keys, presses, wheel, touch, text, and clicks without a pointer', () => {
  const activity = createActivity();
  for (const type of ['pointerdown', 'keydown', 'wheel', 'touchstart', 'touchmove', 'input', 'beforeinput', 'click', 'drag', 'dragover']) {
    expect(activity.counts(event(type), 0), type).toBe(true);
  }
});

test('Counts nothing that a script made up', () => {
  const activity = createActivity();
  activity.counts(move(1, 1), 0);
  const kept = event('keydown', { eventPhase: 0 });
  for (const fake of [event('keydown', { isTrusted: false }), event('pointermove', { isTrusted: false, screenX: 9, screenY: 9 }), kept]) {
    expect(activity.counts(fake, 0)).toBe(false);
  }
});

test('Counts a pointer only if it moved on the screen, in either direction', () => {
  const activity = createActivity();
  expect([move(5, 5), move(5, 5), move(6, 5), move(6, 4), move(6, 4)].map((e) => activity.counts(e, 0))).toEqual([
    false, false, true, true, false,
  ]);
});

test('Ignores the first move after the page became visible', () => {
  const activity = createActivity();
  activity.counts(move(1, 1), 0);
  activity.appeared();
  expect(activity.counts(move(500, 500), 0)).toBe(false);
  expect(activity.counts(move(501, 500), 0)).toBe(true);
});

test('Counts scrolling as the tail of real input only, however long a script scrolls on', () => {
  const activity = createActivity();
  expect(activity.counts(event('scroll'), 0)).toBe(false);
  activity.counts(event('wheel'), 1000);
  expect(activity.counts(event('scroll'), 2000)).toBe(true);
  expect(activity.counts(event('scroll'), 2900)).toBe(true);
  expect(activity.counts(event('scroll'), 3100)).toBe(false);
});

test('Does not even listen to focus and visibility', () => {
  expect(signs.filter((type) => /focus|blur|visib|move/.test(type))).toEqual(['pointermove', 'touchmove']);
});
