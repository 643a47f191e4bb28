/** What `nightlatch/frame` posts from a frame of another origin. */
export const ACTIVITY = 'nightlatch:activity';

const known = new WeakMap<Document, AbortSignal>();
const listening = new WeakSet<AbortSignal>();

/**
 * Attaches to every frame below the window that a script may look into, once per document. To be called often: there is no
 * event for a frame that was added, moved or has another document. Frames of other origins tell by themselves that somebody
 * `acted`, if their origin is among those allowed. The signal ends all of it.
 */
export function watchFrames(
  scope: Window,
  attach: (frame: Window) => void,
  allowed: readonly string[] | undefined,
  acted: () => void,
  signal: AbortSignal,
): void {
  for (let i = 0; i < scope.length; i += 1) {
    const frame = scope[i]!;
    try {
      if (known.get(frame.document) !== signal) {
        known.set(frame.document, signal);
        attach(frame);
      }
      watchFrames(frame, attach, undefined, acted, signal);
    } catch {
      // Another origin.
    }
  }
  if (!allowed || listening.has(signal)) return;
  listening.add(signal);
  scope.addEventListener('message', ({ origin, data }) => data === ACTIVITY && allowed.includes(origin) && acted(), { signal });
}
