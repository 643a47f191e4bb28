import { inDigits, inTime, isSpoken } from '../languages/counted.js';
import { en } from '../languages/en.js';
import type { Messages } from '../languages/messages.js';
import { SessionElement } from '../session-element/session-element.js';
import type { Cover, Session } from '../session-element/session.js';
import type { Aside } from './aside/aside.js';
import { adopt, make, say } from '../session-element/make.js';
import { createDialog } from './dialog.js';
import { rememberFocus } from './focus.js';
import { style } from './style.js';

/**
 * `<nightlatch-warning>`: the warning before a session ends, and the cover over a page that must not be seen.
 *
 * Attributes: `lang`; `dialog-at`, how many seconds before the end a quiet banner becomes the dialog; `no-escape`, with which
 * Escape does not mean "stay"; `no-countdown`, without which the title of a page in the background counts down; `favicon`, which
 * does the same to its icon (an address, or empty for one that is drawn, which needs `img-src data:`).
 * Slots: `warning` and `cover`, at the head of the dialogs. Looks: see style.ts.
 */
export class NightlatchWarning extends SessionElement {
  #warning = createDialog('warning', 'alertdialog');
  #cover = createDialog('cover', 'dialog');
  /** Outside of the dialogs, for when they are gone. */
  #farewell = make('p', 'spoken', { role: 'status' });
  #root = this.attachShadow({ mode: 'open' });
  #aside: Aside | undefined;
  #loading: unknown;
  #restoreFocus: (() => void) | undefined;
  /** How many seconds were left at the last look. */
  #before = 0;
  #lived = false;

  constructor() {
    super(en);
    adopt(this.#root, style);
    for (const { dialog, stay, signIn, other } of [this.#warning, this.#cover]) {
      this.#root.append(dialog);
      stay.onclick = this.#stay;
      signIn.onclick = () => {
        if (!signIn.target) location.reload();
        return !!signIn.target;
      };
      other.onclick = () => {
        const session = this.nightlatch!;
        if (session.state.cover === 'step-up') session.cancelStepUp?.();
        else void session.signOut();
      };
      // The browser itself must not close a dialog, and whoever closes it from outside gets it back.
      dialog.onkeydown = (event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        if (event.isTrusted && !this.hasAttribute('no-escape')) this.#stay();
      };
      dialog.onclose = () => this.update();
    }
    this.#root.append(this.#farewell);
  }

  #stay = () => {
    const session = this.nightlatch!;
    const { canExtend, extending, cover } = session.state;
    if (canExtend && !extending && !cover) void session.extend();
  };

  protected paint(session: Session | undefined, words: Messages): void {
    const { phase, cover } = session?.state ?? {};
    const seconds = Math.round((session?.remaining() ?? 0) / 1000);
    const warns = phase === 'warning' && !cover;
    for (const child of this.#root.children as HTMLCollectionOf<HTMLElement>) {
      child.lang = words.language;
      child.dir = words.dir ?? 'ltr';
    }
    if (warns || this.hasAttribute('dialog-at')) this.#load();
    const modal = !this.#aside?.(session, words, warns ? seconds : null) && warns;
    if (cover) this.#paintCover(session!, cover, words);
    else if (modal) this.#paintWarning(session!, words, seconds);

    // The cover comes before the warning goes, so that nothing shows between the two.
    if (cover) this.#open(this.#cover.dialog, true);
    this.#open(this.#warning.dialog, modal);
    this.#open(this.#cover.dialog, !!cover);
    if (!cover && !modal) {
      this.#restoreFocus?.();
      this.#restoreFocus = undefined;
    }
    if (phase && phase !== 'unknown') this.#lived ||= phase !== 'ended';
    say(this.#farewell, phase === 'ended' && !cover && this.#lived ? words.ended[0] : '');
  }

  #paintWarning({ state }: Session, words: Messages, seconds: number): void {
    const { dialog, stay, signIn, say } = this.#warning;
    const [title, text = ''] = words[state.kind ?? 'idle'];
    const speaks = !dialog.open || isSpoken(this.#before, seconds);
    this.#before = seconds;
    stay.ariaDisabled = String(state.extending);
    lead(signIn, state.signInUrl);
    say({
      title,
      text,
      ...(speaks && { spoken: inTime(words.left, seconds, words) }),
      trouble: state.trouble ? words.trouble : '',
      time: inDigits(seconds, words.language),
      stay: state.canExtend ? (state.extending ? words.staying : words.stay) : '',
      signIn: !state.canExtend && state.signInUrl ? words.signIn : '',
      other: words.signOut,
    });
  }

  #paintCover({ state }: Session, cover: Cover, words: Messages): void {
    const [title, text = ''] = words[state.phase === 'ended' ? 'ended' : cover];
    const stepUp = cover === 'step-up';
    const closed = stepUp || cover === 'locked';
    lead(this.#cover.signIn, state.signInUrl);
    this.#cover.say({
      title,
      text: cover !== 'leaving' || state.trouble ? text : '',
      signIn: closed ? words.signIn : '',
      other: stepUp ? words.notNow : closed ? words.signOut : '',
    });
  }

  #open(dialog: HTMLDialogElement, wanted: boolean): void {
    if (wanted === dialog.open) return;
    if (!wanted) return dialog.close();
    this.#restoreFocus ??= rememberFocus(document);
    dialog.showModal();
  }

  #load(): void {
    this.#loading ??= import('./aside/aside.js').then(
      ({ createAside }) => {
        this.#aside = createAside(this, this.#root, this.#stay, { adopt, make, say, inDigits, inTime, isSpoken });
        this.update();
      },
      (error) => this.diagnose('aside', error),
    );
  }
}

/** In another tab, so that this page is still there afterwards; without an address this page itself has to ask. */
function lead(link: HTMLAnchorElement, url: string | null | undefined): void {
  link.href = url ?? '';
  link.target = url ? '_blank' : '';
}
