import type { Messages } from '../../languages/messages.js';
import type { Session } from '../../session-element/session.js';
import type { Kit } from './kit.js';
import { style } from './style.js';

/** A notice at the edge of the page that asks without interrupting: it takes no focus, and it can be sent away. */
export function createBanner(root: ShadowRoot, stay: () => void, { adopt, make, say, inDigits, inTime, isSpoken }: Kit) {
  const title = make('p', 'title');
  const text = make('p', 'text');
  const trouble = make('p', 'trouble');
  const spoken = make('p', 'spoken');
  const time = make('p', 'time', { 'aria-hidden': 'true' });
  const yes = make('button', 'stay');
  const later = make('button', 'other');
  const about = make('div', 'about', { role: 'status' }, title, text, trouble, spoken);
  const banner = make('div', 'banner', { popover: 'manual' }, time, about, yes, later);
  adopt(root, style);
  root.append(banner);

  let before = 0;
  let dismissed = false;
  const dismiss = () => {
    dismissed = true;
    banner.hidePopover();
  };
  yes.onclick = stay;
  later.onclick = dismiss;
  banner.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    dismiss();
  };

  return (state: Session['state'] | null, words: Messages, seconds: number): void => {
    const open = banner.matches(':popover-open');
    if (!state || !banner.isConnected) {
      dismissed = false;
      if (open) banner.hidePopover();
      return;
    }
    if (dismissed) return;
    if (!open) banner.showPopover();
    const [heading] = words[state.kind ?? 'idle'];
    banner.lang = words.language;
    banner.dir = words.dir ?? 'ltr';
    if (!open || isSpoken(before, seconds)) say(spoken, inTime(words.left, seconds, words));
    before = seconds;
    say(title, heading);
    say(time, inDigits(seconds, words.language));
    say(trouble, state.trouble ? words.trouble : '');
    say(yes, state.canExtend ? (state.extending ? words.staying : words.stay) : '');
    yes.ariaDisabled = String(state.extending);
    say(later, words.notNow);
  };
}
