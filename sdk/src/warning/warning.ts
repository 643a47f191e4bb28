import { en } from '../languages/en.js';
import type { Messages } from '../languages/messages.js';
import { make, say } from '../session-element/make.js';
import { SessionElement, type Paint } from '../session-element/session-element.js';
import type { Aside } from './aside/aside.js';
import { style } from './style.js';

/**
 * `<nightlatch-warning>`: the warning before a session ends, and the cover over a page that must not be seen. Whatever the page
 * does with it, it is back when there is something to show.
 *
 * Attributes: `lang`; `dialog-at`, how many seconds before the end a quiet banner becomes the dialog; `no-escape`, with which
 * Escape does not mean "stay"; `no-countdown`, without which the title of a page in the background counts down; `favicon`, which
 * does the same to its icon: the address of another icon, or empty for a drawn number, which needs `img-src data:`.
 * Slot: what stands at the head of the dialog. Looks: see style.ts.
 */
export class NightlatchWarning extends SessionElement<Messages> {
  constructor() {
    super(en, style, build);
  }
}

function build(host: SessionElement<Messages>, root: ShadowRoot): Paint<Messages> {
  const title = make('h2', 'title');
  const text = make('p', 'text');
  const left = make('p', 'left');
  const about = make('div', 'about', title, text);
  const time = make('p', 'time');
  const stay = make('button', 'stay');
  const signIn = make('a', 'unlock');
  const other = make('button', 'sign-out');
  const dialog = make('dialog', 'warning', make('slot', 'head'), about, left, time, stay, signIn, other);
  about.ariaLive = 'polite';
  time.ariaHidden = dialog.ariaModal = 'true';
  dialog.setAttribute('aria-labelledby', 'title');
  dialog.setAttribute('aria-describedby', 'text left');
  dialog.setAttribute('closedby', 'none');
  root.append(dialog);

  let aside: Aside | undefined;
  let asked = false;

  const main = () => [stay, signIn, other].find((element) => element.textContent);

  return (session, words) => {
    const { phase, kind, onIdle, cover, canExtend, extending, trouble, signInUrl } = session?.state ?? {};
    const seconds = Math.round((session?.remaining() ?? 0) / 1000);
    const warns = phase === 'warning' && !cover;
    const open = !!cover || (warns && seconds <= +(host.getAttribute('dialog-at') ?? Infinity));
    const asks = cover === 'locked' || cover === 'step-up';
    const over = cover === 'signed-out';
    const offers = warns && canExtend;
    const chosen = main();
    const [heading, body = '', until = words.left] = words[cover ?? (onIdle === 'lock' && kind === 'idle' ? 'locking' : kind) ?? 'idle'];

    if (open) {
      dialog.className = cover ? 'cover' : 'warning';
      dialog.setAttribute('part', dialog.className);
      dialog.role = cover ? 'dialog' : 'alertdialog';
      dialog.lang = words.language;
      dialog.dir = words.dir ?? 'ltr';
      signIn.href = signInUrl ?? '';
      signIn.target = signInUrl ? (over ? '_self' : '_blank') : '';
      stay.ariaDisabled = String(extending || !offers);
      say(title, heading);
      say(text, warns && trouble ? words.trouble : cover === 'leaving' && !trouble ? '' : body);
      say(time, warns ? words.inDigits(seconds) : '');
      say(stay, offers ? words[extending ? 'staying' : 'stay'] : '');
      say(signIn, asks || over || (warns && !canExtend && signInUrl) ? words.signIn : '');
      say(other, cover === 'step-up' ? words.notNow : asks || warns ? words.signOut : '');
      say(left, warns ? until.replace('{time}', words.inWords(seconds)) : '');
      // Each time: `document.open()` takes listeners away.
      stay.onclick = () => stay.ariaDisabled === 'true' || void session!.extend();
      other.onclick = () => void (cover === 'step-up' ? session!.cover(null) : session!.signOut());
      // What gives false is all that happens: there is no other page to go to.
      signIn.onclick = () => !!signIn.target || (location.reload(), false);
      dialog.onkeydown = (event) => {
        if (event.key !== 'Escape') return;
        // Which would let the browser close it.
        event.preventDefault();
        if (!host.hasAttribute('no-escape')) stay.click();
      };
      // Whoever closes it from outside gets it back.
      dialog.onclose = host.update;
    }
    aside?.(session, { ...words, left: until }, open);
    if (!open) dialog.close();
    else if (!dialog.open && host.isConnected) dialog.showModal();
    if (open && main() !== chosen) main()?.focus();
    if (session && !asked) {
      asked = true;
      host.load(import('./aside/aside.js'), ({ createAside }) => (aside = createAside(host, root, { make, say })));
    }
  };
}
