/** What `nightlatch/frame` posts from a frame of another origin. */
export const ACTIVITY = 'nightlatch:activity';

/**
 * Gives a function that attaches to every frame below the window that a script may look into, once per document. To be
 * called often: there is no event for a frame that was added, moved or has another document. Frames of other origins tell
 * by themselves that somebody `acted`, if their origin is among those allowed.
 */
export function createFrames(
  scope: Window,
  attach: (frame: Window) => void,
  allowed: readonly string[] | undefined,
  acted: () => void,
  signal: AbortSignal,
): () => void {
  const known = new WeakSet<Document>();
  const look = (parent: Window) => {
    for (let i = 0; i < parent.length; i += 1) {
      const frame = parent[i]!;
      try {
        if (!known.has(frame.document)) {
          known.add(frame.document);
          attach(frame);
        }
        look(frame);
      } catch {
        // Another origin.
      }
    }
  };
  scope.addEventListener('message', ({ origin, data }) => data === ACTIVITY && allowed?.includes(origin) && acted(), { signal });
  return () => look(scope);
}
