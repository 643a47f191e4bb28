import { createActivity, listen } from '../activity/activity.js';
import { ACTIVITY } from '../frames/frames.js';

const PAUSE = 1000;

export interface FrameOptions {
  /** Origins of pages that may learn that somebody is active here, such as `https://app.example`. */
  to: readonly string[];
  /** The window; tests bring their own. */
  scope?: Window & typeof globalThis;
}

/**
 * For a page inside a frame of another origin: tells the page around it, at most once a second, that somebody is active
 * here, and nothing else. The page around it has to allow this origin (`frames`). Gives a function that stops it.
 */
export function reportActivity({ to, scope = window }: FrameOptions): () => void {
  const stop = new AbortController();
  const activity = createActivity();
  let last = -Infinity;
  let timer = 0;
  const post = () => {
    timer = 0;
    last = scope.performance.now();
    for (const origin of to) scope.parent.postMessage(ACTIVITY, origin);
  };
  const seen = (event: Event) => {
    const now = scope.performance.now();
    if (!activity.counts(event, now) || timer) return;
    timer = scope.setTimeout(post, Math.max(0, last + PAUSE - now));
  };
  listen(scope, seen, stop.signal);
  return () => {
    stop.abort();
    scope.clearTimeout(timer);
  };
}
