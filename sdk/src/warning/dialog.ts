import { make, say } from '../session-element/make.js';

/** What a dialog says, by its parts. What is empty does not show; what is left out stays as it is. */
export interface Texts {
  title: string;
  text: string;
  /** For screen readers alone. */
  spoken?: string;
  trouble?: string;
  /** For the eyes alone. */
  time?: string;
  stay?: string;
  signIn?: string;
  other?: string;
}

/** A modal dialog of the given kind, with its parts; also the name of the slot at its head. */
export function createDialog(kind: 'warning' | 'cover', role: string) {
  const part = <K extends keyof HTMLElementTagNameMap>(tag: K, name: string, attributes?: Record<string, string>) =>
    make(tag, name, { id: kind + name, ...attributes });
  const [title, text, trouble, spoken] = [part('h2', 'title'), part('p', 'text'), part('p', 'trouble'), part('p', 'spoken')];
  const time = part('p', 'time', { 'aria-hidden': 'true' });
  const stay = part('button', 'stay', { autofocus: '' });
  const signIn = part('a', 'sign-in', { autofocus: '' });
  const other = part('button', 'other');
  const dialog = make(
    'dialog',
    kind,
    {
      role,
      'aria-modal': 'true',
      'aria-labelledby': `${kind}title`,
      'aria-describedby': `${kind}text ${kind}spoken`,
      closedby: 'none',
      tabindex: '-1',
    },
    make('slot', 'head', { name: kind }),
    make('div', 'about', { 'aria-live': 'polite' }, title, text, trouble, spoken),
    time,
    stay,
    signIn,
    other,
  );
  const parts = { title, text, spoken, trouble, time, stay, signIn, other };
  const choice = () => [stay, signIn, other].find((element) => element.textContent) ?? dialog;

  return {
    ...parts,
    dialog,
    say(texts: Texts): void {
      const before = choice();
      for (const name in texts) {
        say(parts[name as keyof Texts], texts[name as keyof Texts]!);
      }
      if (dialog.open && choice() !== before) choice().focus();
    },
  };
}
