import type { State } from '../machine/machine.js';
import type { Nightlatch } from '../nightlatch/contract.js';
import { rememberFocus } from './focus.js';
import { style } from './style.js';
import { en, inDigits, inWords, spokenMark, type Messages } from './text.js';
import { createTitle } from './title.js';

// On a server there is no such class, and nobody constructs one.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

type Attributes = Record<string, string>;

function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Node[]) {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]!);
  element.append(...children);
  return element;
}

/** Writes only what differs: a live region speaks when it is written to. */
const say = (element: HTMLElement, text: string) => {
  if (element.textContent !== text) element.textContent = text;
};

/** `<nightlatch-warning>`: the warning before a session ends, and the cover over a page that must not be seen. */
export class NightlatchWarning extends Base {
  #nightlatch: Nightlatch | undefined;
  #unsubscribe: (() => void) | undefined;
  #paint: ((nightlatch: Nightlatch | undefined) => void) | undefined;
  #messages = en;

  /** The session to show. */
  get nightlatch(): Nightlatch | undefined {
    return this.#nightlatch;
  }

  set nightlatch(nightlatch: Nightlatch | undefined) {
    this.#nightlatch = nightlatch;
    if (this.isConnected) this.connectedCallback();
  }

  /** Other words for some or all of the texts. */
  get messages(): Partial<Messages> {
    return this.#messages;
  }

  set messages(messages: Partial<Messages>) {
    this.#messages = { ...en, ...messages };
    this.#paint?.(this.#nightlatch);
  }

  connectedCallback(): void {
    this.#unsubscribe?.();
    this.#paint ??= build(this, () => this.#messages as Messages);
    this.#unsubscribe = this.#nightlatch?.subscribe(() => this.#paint?.(this.#nightlatch));
    this.#paint(this.#nightlatch);
  }

  disconnectedCallback(): void {
    this.#unsubscribe?.();
    this.#paint?.(undefined);
  }
}

/** Makes the dialogs once; the returned function makes them show the session as it is. */
function build(host: NightlatchWarning, messages: () => Messages): (nightlatch: Nightlatch | undefined) => void {
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];

  const heading = make('h2', { id: 'title', part: 'title' });
  const text = make('p', { id: 'text', part: 'text' });
  const first = make('span', { id: 'first', class: 'spoken' });
  const time = make('p', { class: 'time', part: 'time', 'aria-hidden': 'true' });
  const trouble = make('p', { class: 'trouble', part: 'trouble', role: 'status' });
  const spoken = make('div', { class: 'spoken', 'aria-live': 'polite', 'aria-atomic': 'true' });
  const stay = make('button', { type: 'button', class: 'main', part: 'button stay' });
  const out = make('button', { type: 'button', part: 'button sign-out' });
  const warning = make(
    'dialog',
    {
      class: 'warning',
      part: 'warning',
      role: 'alertdialog',
      'aria-modal': 'true',
      'aria-labelledby': 'title',
      'aria-describedby': 'text first',
      closedby: 'none',
    },
    heading,
    text,
    first,
    time,
    trouble,
    make('div', { class: 'actions', part: 'actions' }, stay, out),
    spoken,
  );
  const coverHeading = make('h2', { id: 'cover-title', part: 'cover-title', tabindex: '-1' });
  const coverText = make('p', { id: 'cover-text', part: 'cover-text', role: 'status' });
  const unlock = make('button', { type: 'button', class: 'main', part: 'button unlock' });
  const coverOut = make('button', { type: 'button', part: 'button sign-out' });
  const coverActions = make('div', { class: 'actions' }, unlock, coverOut);
  const cover = make(
    'dialog',
    { class: 'cover', part: 'cover', 'aria-labelledby': 'cover-title cover-text', closedby: 'none', tabindex: '-1' },
    coverHeading,
    coverText,
    coverActions,
  );
  root.append(warning, cover);

  const title = createTitle(document);
  let nightlatch: Nightlatch | undefined;
  let restoreFocus: (() => void) | undefined;
  let before = Infinity;

  const extend = () => {
    if (nightlatch?.state.canExtend && !nightlatch.state.extending) void nightlatch.extend();
  };
  const leave = () => void nightlatch?.signOut();
  stay.onclick = extend;
  out.onclick = coverOut.onclick = leave;
  unlock.onclick = () => location.reload();

  for (const dialog of [warning, cover]) {
    // Escape answers "stay"; the browser itself must not close a dialog, which it would on a second Escape.
    dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      if (dialog === warning && event.isTrusted) extend();
    });
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    // Whoever closes it from outside gets it back.
    dialog.addEventListener('close', () => paint(nightlatch));
  }

  function open(dialog: HTMLDialogElement, wanted: boolean, focus: HTMLElement): void {
    if (wanted === dialog.open || (wanted && !host.isConnected)) return;
    if (!wanted) return dialog.close();
    restoreFocus ??= rememberFocus(document);
    dialog.showModal();
    focus.focus();
  }

  function paintWarning(state: State, seconds: number): void {
    const words = messages();
    const absolute = state.kind !== 'idle';
    const inTime = (template: string) => template.replace('{time}', inWords(seconds, words, 'en'));
    say(heading, absolute ? words.absoluteTitle : words.idleTitle);
    say(text, absolute ? words.absoluteText : words.idleText);
    say(time, inDigits(seconds));
    say(trouble, state.trouble ? words.trouble : '');
    say(stay, state.extending ? words.staying : words.stay);
    say(out, words.signOut);
    stay.hidden = !state.canExtend;
    stay.setAttribute('aria-disabled', String(state.extending));
    out.classList.toggle('main', !state.canExtend);
    title(inTime(words.pageTitle));
    if (!warning.open) {
      before = Infinity;
      say(first, inTime(words.left));
      say(spoken, '');
    } else if (spokenMark(before, seconds)) say(spoken, inTime(words.left));
    before = seconds;
  }

  function paintCover({ cover: why, trouble: lost }: State): void {
    const words = messages();
    const [head, body] = {
      checking: ['', words.checking],
      leaving: ['', lost ? words.leavingTrouble : words.leaving],
      offline: [words.offlineTitle, words.offlineText],
      locked: [words.lockedTitle, words.lockedText],
      'step-up': [words.lockedTitle, words.lockedText],
    }[why!]!;
    say(coverHeading, head!);
    say(coverText, body!);
    say(unlock, words.unlock);
    say(coverOut, words.signOut);
    coverHeading.hidden = !head;
    coverActions.hidden = why !== 'locked';
  }

  function paint(next: Nightlatch | undefined): void {
    nightlatch = next;
    const state = next?.state;
    const hide = !!state?.cover;
    const warn = !hide && state?.phase === 'warning';
    if (hide) paintCover(state);
    else if (warn) paintWarning(state, Math.ceil((next!.remaining() ?? 0) / 1000));
    if (!warn) title(null);
    // The cover comes before the warning goes, so that nothing shows between the two.
    if (hide) open(cover, true, state.cover === 'locked' ? unlock : cover);
    open(warning, warn, state?.canExtend ? stay : out);
    open(cover, hide, cover);
    if (warn && stay.hidden && root.activeElement === stay) out.focus();
    if (hide || warn || !restoreFocus) return;
    const restore = restoreFocus;
    restoreFocus = undefined;
    restore();
  }

  return paint;
}
