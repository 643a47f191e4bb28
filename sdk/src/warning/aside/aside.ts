import type { AsideMessages, Messages } from '../../languages/messages.js';
import type { Tools } from '../../session-element/make.js';
import type { SessionElement } from '../../session-element/session-element.js';
import type { Session } from '../../session-element/session.js';
import { createBanner } from './banner.js';
import { createCompanions } from './companions.js';
import type { createBadge } from './development/development.js';
import { en } from './en.js';
import { rememberFocus } from './focus.js';
import { createIcon } from './icon.js';
import { keepInPage } from './keep.js';
import { createLastWord } from './last-word.js';
import { isSpoken } from './marks.js';
import { sheetFor } from './sheet.js';
import { style } from './style.js';
import { createTitle } from './title.js';

/** A page that is still there so long after the end has not been left. */
const LEAVES_WITHIN = 3000;

/** Told on every look, just before the dialog opens or closes. */
export type Aside = (session: Session | undefined, words: Messages & Partial<AsideMessages>, open: boolean) => void;

/**
 * What goes on beside the dialog: the seconds that are spoken, the way back for the focus, the quiet banner, the countdown of a
 * page in the background, the same dialog in windows that the page opened, and what keeps it on top of everything. It is loaded as
 * soon as there is a session, long before it is needed.
 *
 * Handed what the element has at hand anyway: a module that both imported would be one more file for it to wait for.
 */
export function createAside(host: SessionElement<Messages>, root: ShadowRoot, tools: Tools): Aside {
  const { make, say } = tools;
  const page = host.ownerDocument;
  root.adoptedStyleSheets.push(sheetFor(page, style));

  const spoken = make('p', 'spoken');
  // For what is said while no dialog silences the page.
  const outside = make('p', 'outside');
  outside.role = 'status';
  root.querySelector('.about')!.append(spoken);
  const heading = root.querySelector<HTMLElement>('.title')!;
  const way = root.querySelector<HTMLAnchorElement>('.unlock')!;
  root.append(outside);

  let banner: ReturnType<typeof createBanner> | undefined;
  let badge: ReturnType<typeof createBadge> | undefined;
  let asked = false;
  const title = createTitle(page);
  const icon = createIcon(page);
  const keepOnTop = createLastWord(host, root);
  const showElsewhere = createCompanions(host);
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  let stage: '' | 'banner' | 'dialog' = '';
  let wasOpen = false;
  let endedAt = 0;
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
    endedAt = phase === 'ended' ? endedAt || performance.now() : 0;
    // Unless somebody chose to stay when the browser asked whether to leave.
    if (endedAt && performance.now() - endedAt > LEAVES_WITHIN) {
      say(way, words.signIn);
      way.target = '';
    }
    before = seconds;

    const away = warns && page.hidden && !host.hasAttribute('no-countdown');
    const address = host.getAttribute('favicon');
    title(away ? inTime(pageTitle) : '');
    icon(away && address !== null && !still.matches ? String(seconds) : '', address ?? '');

    if (session?.state.development && !asked) {
      asked = true;
      host.load(import('./development/development.js'), (part) => {
        root.adoptedStyleSheets.push(sheetFor(page, part.style));
        badge = part.createBadge(root, make);
      });
    }
    badge?.(!!session?.state.development);

    if (session) keepInPage(host, session, open || warns);
    keepOnTop(open, !!cover);
    showElsewhere(session);
    if (session?.state.signInUrl) {
      // Whoever authenticates there comes back here.
      const address = new URL(session.state.signInUrl, document.baseURI);
      address.searchParams.set('return_to', location.href);
      way.href = address.href;
    }

    if (open && !wasOpen) restoreFocus = rememberFocus(page);
    // Once the dialog is closed.
    else if (!open && wasOpen) queueMicrotask(restoreFocus);
    wasOpen = open;
  };
}
