import type { Messages } from '../../languages/messages.js';
import type { Tools } from '../../session-element/make.js';
import type { Session } from '../../session-element/session.js';

/**
 * A notice at the edge of the page that asks without interrupting: it takes no focus, and it can be sent away until the dialog
 * comes. Shows what it is told, or nothing; says whether it is there.
 */
export function createBanner(
  host: { nightlatch: Session | undefined },
  root: ShadowRoot,
  { make, say }: Tools,
): (state: Session['state'] | null, words: Messages, seconds: number) => boolean {
  const title = make('p', 'title');
  const time = make('p', 'time');
  const stay = make('button', 'stay');
  const later = make('button', 'not-now');
  const banner = make('div', 'banner', title, time, stay, later);
  // A landmark: that is how it is found without being interrupted.
  banner.role = 'region';
  time.ariaHidden = 'true';
  banner.hidden = true;
  root.append(banner);

  let dismissed = false;
  const dismiss = () => {
    banner.hidden = dismissed = true;
  };

  return (state, words, seconds) => {
    dismissed &&= !!state;
    banner.hidden = !state || dismissed;
    if (!state || dismissed) return false;
    // Each time: `document.open()` takes listeners away.
    stay.onclick = () => state.extending || void host.nightlatch!.extend();
    later.onclick = dismiss;
    banner.onkeydown = ({ key }) => key === 'Escape' && dismiss();
    banner.lang = words.language;
    banner.dir = words.dir ?? 'ltr';
    const [heading] = words[state.kind ?? 'idle'];
    banner.ariaLabel = heading;
    stay.ariaDisabled = String(state.extending);
    say(title, state.trouble ? words.trouble : heading);
    say(time, words.inDigits(seconds));
    say(stay, state.canExtend ? words[state.extending ? 'staying' : 'stay'] : '');
    say(later, words.notNow);
    return true;
  };
}
