import type { Scope } from '../call/call.js';

const direct = 'pointerdown keydown wheel touchstart touchmove input beforeinput'.split(' ');
/** How long scrolling may coast after the hand let go. */
const COAST = 2000;

export interface Activity {
  /** Whether this event shows that a person is there. */
  counts(event: Event, now: number): boolean;
  /** The page became visible: the pointer may seem to move because the page moved under it. */
  appeared(): void;
}

/**
 * Trusted events only. A pointer has to have moved on the screen. Scroll events are trusted even when a script scrolls, so
 * they count only as the tail of real input. Focus never counts: a script's focus cannot be told from a person's, and a
 * person's comes with a key, a pointer or text.
 */
export function createActivity(): Activity {
  let place: string | null = null;
  let last = -Infinity;
  return {
    counts(event, now) {
      if (!event.isTrusted) return false;
      let real = direct.includes(event.type);
      if (event.type === 'pointermove') {
        const { screenX, screenY } = event as PointerEvent;
        const before = place;
        place = `${screenX},${screenY}`;
        real = before !== null && before !== place;
      }
      if (real) last = now;
      return real || (event.type === 'scroll' && now - last < COAST);
    },
    appeared() {
      place = null;
    },
  };
}

/** Hands every possible sign of a person to `seen`, until the signal aborts. */
export function watchInput(scope: Scope, seen: (event: Event) => void, signal: AbortSignal): void {
  for (const type of [...direct, 'pointermove', 'scroll']) {
    scope.addEventListener(type, seen, { capture: true, passive: true, signal });
  }
}
