import type { Scope } from '../call/call.js';
import { tap } from '../tap/tap.js';

/** What `nightlatch/frame` posts from a frame of another origin. */
export const ACTIVITY = 'nightlatch:activity';

interface Watched {
  /** Root elements: a document that was opened anew for writing has another one, and no listeners. */
  readonly roots: WeakSet<Element>;
  opened: Scope[];
  opens(by: unknown, view: Scope | null): void;
}

const watches = new WeakMap<AbortSignal, Watched>();

/**
 * Attaches to the page, to the windows that it opens, and to every frame below it and them that a script may look into, once per
 * document. To be called often: there is no event for a frame that was added, moved or has another document; nor for a page that
 * was opened anew by `document.open()`, which takes all listeners away, of the window as well. Frames of other
 * origins tell by themselves that somebody `acted`, if their origin is among those allowed. The signal ends all of it.
 *
 * A listener of a page that came first and keeps an event from all others does so by a method of the event, and that is `seen` as
 * well, here and in this window.
 *
 * Of the windows, those that have no address of their own are put into `nobodys`: only this page can hide what is in them.
 */
export function watchFrames(
  scope: Scope,
  nobodys: Window[],
  attach: (view: Scope) => void,
  seen: (event: Event) => void,
  allowed: readonly string[] | undefined,
  acted: () => void,
  signal: AbortSignal,
): void {
  let watched = watches.get(signal)!;
  if (!watched) {
    watches.set(signal, (watched = { roots: new WeakSet(), opened: [], opens: (_, view) => view && watched.opened.push(view) }));
    if (allowed) scope.addEventListener('message', ({ origin, data }) => data === ACTIVITY && allowed.includes(origin) && acted(), { signal });
  }
  const { roots, opens } = watched;

  const look = (view: Scope) => {
    try {
      const root = view.document.documentElement;
      if (!roots.has(root)) {
        roots.add(root);
        tap(view, 'open', opens, signal);
        tap(view.Event.prototype, 'stopImmediatePropagation', seen, signal);
        attach(view);
      }
      for (const frame of Array.from(view as unknown as ArrayLike<Scope>)) look(frame);
    } catch {
      // Another origin, or no document at the moment.
    }
  };
  const { window: floating } = (scope as { documentPictureInPicture?: { window?: Scope } }).documentPictureInPicture ?? {};
  if (floating && !watched.opened.includes(floating)) watched.opened.push(floating);
  watched.opened = watched.opened.filter((view) => !view.closed);
  for (const view of [scope, ...watched.opened]) look(view);
  nobodys.splice(0, Infinity, ...watched.opened.filter(isNobodys));
}

/** Written by a script of this origin, such as `about:blank`. */
function isNobodys(view: Window): boolean {
  try {
    return /^(about|blob|data):/.test(view.location.href);
  } catch {
    return false;
  }
}
