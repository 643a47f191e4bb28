import type { Scope } from '../call/call.js';

/** All events that may be a sign of a person. While something is dragged there are no others. */
export const signs = 'pointermove scroll pointerdown keydown wheel touchstart touchmove beforeinput input click drag dragover'.split(' ');

/** Tells every such event in a window, to be asked for again when the document is another one. */
export function listen(view: Scope, seen: (event: Event) => void, signal: AbortSignal): void {
  for (const sign of signs) view.addEventListener(sign, seen, { capture: true, passive: true, signal });
}

export interface Activity {
  /** Whether this event shows that a person is there. */
  counts(event: Event, now: number): boolean;
  /** The page became visible: the pointer may seem to move because the page moved under it. */
  appeared(): void;
}

/**
 * Trusted events only, and while they happen: a script may keep one. A pointer has to have moved on the screen. Scroll events are trusted even when a script scrolls, so
 * they count only as the tail of real input. Focus never counts: a script's focus cannot be told from a person's, and a
 * person's comes with a key, a pointer, a click of assistive technology, or text.
 */
export function createActivity(): Activity {
  /** How long scrolling may coast after the hand let go. In here, since outside it would be a variable of the bundle. */
  const COAST = 2000;
  let place = '';
  let last = -Infinity;
  return {
    counts(event, now) {
      const { isTrusted, eventPhase, type, screenX, screenY } = event as PointerEvent;
      if (!isTrusted || !eventPhase || !signs.includes(type)) return false;
      if (type === 'scroll') return now - last < COAST;
      if (type === 'pointermove') {
        const before = place;
        place = `${screenX},${screenY}`;
        if (!before || before === place) return false;
      }
      last = now;
      return true;
    },
    appeared() {
      place = '';
    },
  };
}
