import { throttled } from './pace.js';
import type { Settings } from './settings.js';

/** Listens where and to what the settings say, until the returned function is called. */
export function listen({ element, events }: Settings, heard: (event: Event) => void): () => void {
  // One by one: so many listeners on one signal make Node warn in the tests of an application.
  const types = events.split(' ').filter(Boolean);
  for (const type of types) element?.addEventListener(type, heard, { capture: true, passive: true });
  return () => {
    for (const type of types) element?.removeEventListener(type, heard, { capture: true });
  };
}

/** The moments at which a page may find that time has passed without it. */
export function watchPage(look: () => void, restored: () => void, hidden: () => void): () => void {
  const watching = new AbortController();
  const on = (target: EventTarget, type: string, listener: (event: Event) => void) =>
    target.addEventListener(type, listener, watching);
  on(document, 'visibilitychange', look);
  on(document, 'resume', look);
  on(window, 'focus', look);
  on(window, 'online', look);
  on(window, 'pagehide', hidden);
  on(window, 'pageshow', (event) => ((event as PageTransitionEvent).persisted ? restored() : look()));
  return () => watching.abort();
}

/** Passes one event per time on. */
export const gate = (handle: (event: Event) => void, { eventsThrottle }: Settings) =>
  eventsThrottle > 0 ? throttled(handle, eventsThrottle) : handle;
