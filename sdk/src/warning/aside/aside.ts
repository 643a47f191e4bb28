import type { Messages } from '../../languages/messages.js';
import type { Session } from '../../session-element/session.js';
import { createBanner } from './banner.js';
import { createIcon } from './icon.js';
import type { Kit } from './kit.js';
import { createTitle } from './title.js';

/** Shows how many seconds are left, `null` for none of that. True if it leaves the dialog for later. */
export type Aside = (session: Session | undefined, words: Messages, seconds: number | null) => boolean;

/** What goes on beside the dialog: the quiet banner before it, and the countdown of a page in the background. */
export function createAside(host: HTMLElement, root: ShadowRoot, stay: () => void, kit: Kit): Aside {
  const banner = createBanner(root, stay, kit);
  const title = createTitle(document);
  const icon = createIcon(document);
  const moves = matchMedia('(prefers-reduced-motion: no-preference)');

  return (session, words, seconds) => {
    const away = seconds !== null && document.hidden && !host.hasAttribute('no-countdown');
    title(away ? kit.inTime(words.pageTitle, seconds, words) : null);
    const address = host.getAttribute('favicon');
    icon(away && address !== null && moves.matches ? String(seconds) : null, address ?? '');
    const at = host.getAttribute('dialog-at');
    const quiet = at !== null && seconds !== null && seconds > Number(at);
    banner(quiet ? session!.state : null, words, seconds ?? 0);
    return quiet;
  };
}
