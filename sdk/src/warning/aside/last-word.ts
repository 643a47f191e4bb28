import { sheetFor } from './sheet.js';

const LOOK_EVERY = 250;
/** So often it comes back to the top at once; after that it waits for the next look. */
const AT_MOST = 50;

/** What hides the page by itself, whatever becomes of the dialog, and on paper. */
const hidden = `
*:not(nightlatch-warning, nightlatch-warning *) { visibility: hidden !important; }
::view-transition { display: none !important; }
`;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Keeps the dialog the last word on the page while it is open: above dialogs, popovers and full-screen elements that come later,
 * and with the focus. No picture of the page that is changing stays above it. While it covers the page, all the rest is hidden
 * besides, and no film goes on beside the page.
 *
 * Told on every look whether the dialog is open, just before it opens or closes, and whether it covers.
 */
export function createLastWord(host: HTMLElement & { update(): void }, root: ShadowRoot): (open: boolean, covers: boolean) => void {
  const dialog = root.querySelector('dialog')!;
  const page = host.ownerDocument;
  const sheet = sheetFor(page, hidden);
  // So that it can be told whether something else has the page to itself: then it takes no focus.
  dialog.tabIndex = -1;

  let watching: AbortController | undefined;
  let covering = false;
  let rising = false;
  let times = 0;
  let below = new Set<Element>();

  /** What is on top of the page, in an order that no browser tells. In a list that forgives what a browser does not know. */
  const raised = () => page.querySelectorAll(':is(:modal, :popover-open, :fullscreen)');

  const rise = () => {
    // What we do may make the page do the same again, without end.
    if (!watching || rising || !dialog.matches(':modal') || ++times > AT_MOST) return;
    rising = true;
    const focus = root.activeElement as HTMLElement | null;
    dialog.close();
    dialog.showModal();
    focus?.focus();
    below = new Set(raised());
    rising = false;
  };

  /** Something modal that came later, wherever it is, takes the focus and leaves us none. */
  const isBlocked = () => {
    if (root.activeElement || host.contains(page.activeElement)) return false;
    dialog.focus({ preventScroll: true });
    return !root.activeElement;
  };

  const look = () => {
    if (!watching) return;
    host.update();
    if ([...raised()].some((element) => !below.has(element)) || isBlocked()) rise();
    endPictures();
  };

  /** The picture of a page that changes lies above everything, and may stay for seconds; that of a film is beside the page. */
  const endPictures = () => {
    const { activeViewTransition: running = page.documentElement?.matches(':is(:active-view-transition)') } = page as Partial<Document>;
    // A new one ends the one before it.
    if (running) endPicture(page.startViewTransition(() => {}));
    if (covering && page.pictureInPictureElement) page.exitPictureInPicture().catch(() => {});
  };

  /** Before a popover opens, and after something filled the screen. */
  const comes = (event: Event) => {
    below.delete(event.composedPath()[0] as Element);
    queueMicrotask(look);
  };
  // Not at once: on the way from one of our buttons to the next it is nowhere for a moment.
  const leaves = () => setTimeout(look);
  // What is meant for us is not for the page's own shortcuts, but what stands in the slot is the page's.
  const keepOurs = (event: Event) => root.contains(event.target as Node) && event.stopPropagation();
  // What is pressed where nothing has the focus is meant for nobody.
  const keepOthers = (event: Event) => event.composedPath().includes(host) || event.stopImmediatePropagation();

  const listen = (signal: AbortSignal) => {
    for (const type of ['beforetoggle', 'fullscreenchange']) page.addEventListener(type, comes, { capture: true, signal });
    for (const type of ['keydown', 'keypress', 'keyup']) {
      page.defaultView!.addEventListener(type, keepOthers, { capture: true, signal });
      root.addEventListener(type, keepOurs, { signal });
    }
    dialog.addEventListener('focusout', leaves, { signal });
  };

  const begin = () => {
    const { signal } = (watching = new AbortController());
    const { HTMLDialogElement, HTMLElement, Document } = page.defaultView!;
    const over = (self: unknown) => self !== dialog && (self as Node).ownerDocument === page && rise();
    wrap(HTMLDialogElement.prototype, 'showModal', over, signal);
    wrap(HTMLElement.prototype, 'showPopover', over, signal);
    wrap(HTMLElement.prototype, 'togglePopover', over, signal);
    wrap(Document.prototype, 'startViewTransition', (_, picture) => endPicture(picture as ViewTransition), signal);
    const timer = setInterval(() => {
      times = 0;
      // Again and again: `document.open()` takes listeners away.
      listen(signal);
      look();
    }, LOOK_EVERY);
    // It leaves a page without a root for a moment.
    const roots = new MutationObserver(look);
    roots.observe(page, { childList: true });
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      roots.disconnect();
    });
    listen(signal);
    below = new Set(raised());
    endPictures();
  };

  return (open, covers) => {
    // Out of the page it lost its place on top, and does not know it.
    if (dialog.open && !dialog.matches(':modal')) {
      dialog.close();
      setTimeout(look);
    }
    if (open && !watching) begin();
    if (!open) {
      watching?.abort();
      watching = undefined;
    }
    const { adoptedStyleSheets } = page;
    const at = adoptedStyleSheets.indexOf(sheet);
    // A page that keeps its sheets in a list of its own may bring it back later.
    sheet.disabled = !covers;
    if (covers && at < 0) adoptedStyleSheets.push(sheet);
    if (!covers && at >= 0) adoptedStyleSheets.splice(at, 1);
    const begins = covers && !covering;
    covering = covers;
    if (begins) endPictures();
  };
}

/** Does something after every call of a method of the page, until the signal ends. */
function wrap(owner: object, name: string, then: (self: unknown, result: unknown) => unknown, signal: AbortSignal): void {
  const own = Reflect.get(owner, name) as Method | undefined;
  if (!own) return;
  const wrapped: Method = function (...args) {
    const result = own.apply(this, args);
    if (!signal.aborted) then(this, result);
    return result;
  };
  // Gives false where the page has frozen it.
  Reflect.set(owner, name, wrapped);
  signal.addEventListener('abort', () => Reflect.get(owner, name) === wrapped && Reflect.set(owner, name, own));
}

function endPicture(picture: ViewTransition): void {
  picture.ready.catch(() => {});
  picture.skipTransition();
}
