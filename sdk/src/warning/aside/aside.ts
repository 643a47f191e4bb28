import type { AsideMessages, Messages } from '../../languages/messages.js';
import type { Tools } from '../../session-element/make.js';
import type { Session } from '../../session-element/session.js';
import { createBanner } from './banner.js';
import { en } from './en.js';
import { rememberFocus } from './focus.js';
import { createIcon } from './icon.js';
import { isSpoken } from './marks.js';
import { style } from './style.js';
import { createTitle } from './title.js';

/** Told on every look, just before the dialog opens or closes. */
export type Aside = (session: Session | undefined, words: Messages & Partial<AsideMessages>, open: boolean) => void;

let sheet: CSSStyleSheet | undefined;

/**
 * What goes on beside the dialog, and would be missed but does not keep anybody from answering: the seconds that are spoken,
 * the way back for the focus, the quiet banner, the countdown of a page in the background.
 *
 * Handed what the element has at hand anyway: a module that both imported would be one more file for it to wait for.
 */
export function createAside(host: HTMLElement & { nightlatch: Session | undefined }, root: ShadowRoot, tools: Tools): Aside {
  const { make, say } = tools;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
  }
  root.adoptedStyleSheets.push(sheet);

  const spoken = make('p', 'spoken');
  // For what is said while no dialog silences the page.
  const outside = make('p', 'outside');
  outside.role = 'status';
  root.querySelector('.about')!.append(spoken);
  const heading = root.querySelector<HTMLElement>('.title')!;
  root.append(outside);

  let banner: ReturnType<typeof createBanner> | undefined;
  const title = createTitle(document);
  const icon = createIcon(document);
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  let stage: '' | 'banner' | 'dialog' = '';
  let wasOpen = false;
  /** How many seconds were left at the last look. */
  let before = 0;
  let restoreFocus = () => {};

  return (session, words, open) => {
    const { phase, cover, reason } = session?.state ?? {};
    const warns = phase === 'warning' && !cover;
    const seconds = Math.round((session?.remaining() ?? 0) / 1000);
    const { pageTitle, 'signed-out': [ended] } = { ...en, ...words };
    const inTime = (text: string) => text.replace('{time}', words.inWords(seconds));

    const was = stage;
    stage = !warns ? '' : open ? 'dialog' : 'banner';
    if (stage === 'banner') banner ??= createBanner(host, root, tools);
    const shown = banner?.(stage === 'banner' ? session!.state : null, words, seconds);
    outside.lang = words.language;
    outside.dir = words.dir ?? 'ltr';
    // What the dialog says when it opens is its description.
    const speaks = stage === was ? isSpoken(before, seconds) : stage === 'banner';
    if (stage === 'dialog') {
      if (speaks) say(spoken, inTime(words.left));
    } else if (shown) {
      if (speaks) say(outside, inTime(words.left));
    } else say(outside, phase === 'ended' && !cover && reason !== 'none' ? ended : '');
    if (stage !== 'dialog') say(spoken, '');
    // The server has said so; the page that tells more is on its way.
    if (phase === 'ended' && cover) say(heading, ended);
    before = seconds;

    const away = warns && document.hidden && !host.hasAttribute('no-countdown');
    const address = host.getAttribute('favicon');
    title(away ? inTime(pageTitle) : '');
    icon(away && address !== null && !still.matches ? String(seconds) : '', address ?? '');

    if (open && !wasOpen) restoreFocus = rememberFocus(document);
    // Once the dialog is closed.
    else if (!open && wasOpen) queueMicrotask(restoreFocus);
    wasOpen = open;
  };
}
