import { createActivity } from '../../activity/activity.js';

/** A page that becomes visible or focused shows nobody: scripts and window managers do that. */
const notInput = ['visibilitychange', 'focus', 'focusin', 'pageshow', 'resume'];

/** What a person's hand does, under its older names. */
const olderNames: Record<string, string> = {
  mousemove: 'pointermove',
  MSPointerMove: 'pointermove',
  mousedown: 'pointerdown',
  MSPointerDown: 'pointerdown',
  mousewheel: 'wheel',
  DOMMouseScroll: 'wheel',
};

let scriptsCount = false;

/** From now on events that a script makes count like those of a person. For tests. */
export function trustScripts(): void {
  scriptsCount = true;
}

/** Tells which events show a person: trusted ones, a pointer only if it moved, scrolling only after a hand. */
export function createInput(): (event: Event, now: number) => boolean {
  const activity = createActivity();
  return (event, now) => {
    if (notInput.includes(event.type)) {
      activity.appeared();
      return false;
    }
    if (scriptsCount) return true;
    const { screenX, screenY, isTrusted } = event as PointerEvent;
    const type = olderNames[event.type] ?? event.type;
    // A throttle may have kept it for a moment.
    const counts = activity.counts({ type, screenX, screenY, isTrusted, eventPhase: 1 } as unknown as Event, now);
    // What the application names beyond that counts if it is real.
    return counts || (isTrusted && type !== 'pointermove' && type !== 'scroll');
  };
}
