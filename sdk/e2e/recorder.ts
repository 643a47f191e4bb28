/** What a frame shows of the application: its page, the page behind the warning, or none of it. */
export type Sight = 'page' | 'warning' | 'cover' | 'signed-out' | 'sign-in' | 'blank';

export interface Note {
  /** Milliseconds since 1970, by the page's own clocks. */
  at: number;
  /** A frame that shows something else than the one before, or the first one after a pause. */
  frame?: Sight;
  /** Milliseconds since the frame before, or since the document began. */
  gap?: number;
  /** `freeze`, `resume`, `visible`, `hidden`, `pageshow`, `click`, `beat` (a timer of one second), `closed` (the warning). */
  event?: string;
  /** Where the document is. */
  path: string;
}

/**
 * Runs in every document of a tab, before its scripts. Sees what a person would: frames, in the order they are drawn. All of
 * them, or, where `sparing`, those after something changed: many frames a second in many windows are work that would be
 * measured along.
 */
export function record(sparing: boolean): void {
  const note = (more: object) =>
    (window as any).__note(JSON.stringify({ at: performance.timeOrigin + performance.now(), path: location.pathname, ...more }));
  const sight = () => {
    if (location.pathname.endsWith('/signed-out')) return 'signed-out';
    const heading = document.querySelector('h1');
    if (!heading) return 'blank';
    if (heading.textContent === 'Sign in') return 'sign-in';
    const shadow = document.querySelector('nightlatch-warning')?.shadowRoot;
    const cover = shadow?.querySelector('[part~=cover][open]');
    if (cover?.querySelector('[part=title]')?.textContent === 'You are signed out.') return 'signed-out';
    return cover ? 'cover' : shadow?.querySelector('[part~=warning][open]') ? 'warning' : 'page';
  };
  let last = '';
  let before = 0;
  // An element that changes its size in every frame is looked at after the page's own callbacks, just before it is drawn.
  let probe: HTMLElement | undefined;
  const drawn = () => {
    const gap = Math.round(performance.now() - before);
    before = performance.now();
    const now = sight();
    if (now !== last || gap > 400) note({ frame: now, gap });
    if (last === 'warning' && now !== last) note({ event: 'closed' });
    last = now;
  };
  let frames = 0;
  const frame = () => {
    if (!probe && document.documentElement) {
      probe = document.documentElement.appendChild(document.createElement('i'));
      probe.style.cssText = 'position:fixed;visibility:hidden;height:0';
      new ResizeObserver(drawn).observe(probe);
    }
    if (probe) probe.style.width = `${1 + (Math.round(probe.clientWidth) % 2)}px`;
    frames -= 1;
    if (!sparing || frames > 0) requestAnimationFrame(frame);
  };
  const wake = () => {
    if (frames <= 0) requestAnimationFrame(frame);
    frames = 3;
  };
  wake();
  if (sparing) {
    const watched = new WeakSet<Node>();
    const changes = new MutationObserver(() => {
      const shadow = document.querySelector('nightlatch-warning')?.shadowRoot;
      if (shadow && !watched.has(shadow)) {
        watched.add(shadow);
        changes.observe(shadow, { subtree: true, attributeFilter: ['open', 'part'] });
      }
      wake();
    });
    changes.observe(document, { subtree: true, childList: true });
    document.addEventListener('visibilitychange', wake, true);
  }
  for (const event of ['freeze', 'resume']) document.addEventListener(event, () => note({ event }), true);
  document.addEventListener('visibilitychange', () => note({ event: document.visibilityState }), true);
  for (const event of ['pageshow', 'click']) addEventListener(event, () => note({ event }), true);
  setInterval(() => note({ event: 'beat' }), 1000);
}
