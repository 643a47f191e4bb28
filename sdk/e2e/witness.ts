// What happens in a page, written down by the page itself as it happens: what a test sees of it comes later, much later on
// a busy machine. The notes are kept for the tab and outlive the page.

export interface Note {
  /** `opened`, `closed`: the warning; `covered`, `uncovered`: the page; `clicked`; `shown`; `left`: sets out for another page; `error`; `diagnostic`. */
  what: string;
  /** Milliseconds since the epoch, on the clock that all pages share. */
  at: number;
  detail: string;
}

export interface Witness {
  notes(): Note[];
  /** The open warning's part of this name, or the warning itself. */
  inWarning(part?: string): HTMLElement | null;
  inCover(part?: string): HTMLElement | null;
}

declare global {
  interface Window {
    witness: Witness;
  }
}

/** Runs in the page, before everything else; has to stand alone. */
export function witness(): void {
  const log = (): Note[] => JSON.parse(sessionStorage.getItem('witness') ?? '[]');
  const note = (what: string, detail: unknown = '') => {
    const at = performance.timeOrigin + performance.now();
    sessionStorage.setItem('witness', JSON.stringify([...log(), { what, at, detail: String(detail) }]));
  };

  const roots = () => [...document.querySelectorAll('nightlatch-warning')].flatMap(({ shadowRoot }) => shadowRoot ?? []);
  // Of several elements one shows something.
  const inside = (dialog: string) => (part?: string) =>
    roots()
      .map((root) => root.querySelector<HTMLElement>(`${dialog}[open]${part ? ` [part~="${part}"]` : ''}`))
      .find(Boolean) ?? null;
  const inWarning = inside('dialog[part~="warning"]');
  const inCover = inside('dialog[part~="cover"]');
  window.witness = { notes: log, inWarning, inCover };

  // The last moment at which every browser still keeps what is written: `pagehide` is too late for Firefox, and WebKit may
  // start a process for the next page in between. A page that listens is not kept for going back, so only a covered one does.
  const leave = () => note('left');
  const was = { opened: false, covered: false };
  const look = () => {
    const [opened, covered] = [!!inWarning(), !!inCover()];
    if (opened !== was.opened) note(opened ? 'opened' : 'closed');
    if (covered !== was.covered) {
      note(covered ? 'covered' : 'uncovered');
      (covered ? addEventListener : removeEventListener)('beforeunload', leave);
    }
    Object.assign(was, { opened, covered });
  };
  new MutationObserver((_, arrivals) => {
    const [shadow] = roots();
    if (!shadow) return;
    arrivals.disconnect();
    new MutationObserver(look).observe(shadow, { subtree: true, childList: true, attributeFilter: ['open', 'part'] });
    look();
  }).observe(document, { subtree: true, childList: true });

  addEventListener('click', () => note('clicked'), true);
  addEventListener('pageshow', (event) => {
    // Nothing is drawn before all listeners were called, and what has to hide the page listens in the capture phase. Later is too
    // late: the server may have answered before the first frame.
    if (event.persisted) note('shown', inCover() ? 'covered' : 'bare');
  });
  addEventListener('error', (event) => note('error', event.message));
  addEventListener('unhandledrejection', (event) => note('error', event.reason));
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (String(words[0]).startsWith('nightlatch:')) note('diagnostic', words.map((word) => (word as { code?: string } | null)?.code ?? word).join(' '));
    warn(...words);
  };
}
