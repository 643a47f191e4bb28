/** Forms of a counted word, by plural category; `{n}` is the number. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Everything the warning says. `{time}` is the time left in words. */
export interface Messages {
  idleTitle: string;
  idleText: string;
  absoluteTitle: string;
  absoluteText: string;
  left: string;
  pageTitle: string;
  stay: string;
  staying: string;
  signOut: string;
  trouble: string;
  checking: string;
  offlineTitle: string;
  offlineText: string;
  lockedTitle: string;
  lockedText: string;
  unlock: string;
  leaving: string;
  leavingTrouble: string;
  minutes: Plural;
  seconds: Plural;
}

export const en: Messages = {
  idleTitle: 'Are you still there?',
  idleText: 'You have not been active for a while. To keep your information safe, you will be signed out soon.',
  absoluteTitle: 'Your session is about to end',
  absoluteText: 'You are reaching the maximum session length. Save your work now; you can sign in again right away.',
  left: 'You will be signed out in {time}.',
  pageTitle: '{time} left',
  stay: 'Stay signed in',
  staying: 'One moment…',
  signOut: 'Sign out now',
  trouble: 'The server cannot be reached, so nothing is confirmed yet. Trying again…',
  checking: 'Checking your session…',
  offlineTitle: 'This page is hidden',
  offlineText: 'Your session may have ended, and the server cannot be reached. This page comes back or signs you out as soon as it can ask.',
  lockedTitle: 'Your session is locked',
  lockedText: 'You were away for a while. Sign in again to continue where you left off.',
  unlock: 'Sign in again',
  leaving: 'Signing you out…',
  leavingTrouble: 'The server cannot be reached, so you are not signed out yet. Trying again…',
  minutes: { one: '{n} minute', other: '{n} minutes' },
  seconds: { one: '{n} second', other: '{n} seconds' },
};

function counted(n: number, forms: Plural, language: string): string {
  const form = forms[new Intl.PluralRules(language).select(n)] ?? forms.other;
  return form.replace('{n}', new Intl.NumberFormat(language).format(n));
}

/** Whole seconds in words: "1 second", "2 minutes 30 seconds". */
export function inWords(seconds: number, messages: Messages, language: string): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return [
    minutes ? counted(minutes, messages.minutes, language) : '',
    rest || !minutes ? counted(rest, messages.seconds, language) : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Whole seconds as digits: "0:09", "2:30". */
export const inDigits = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** Seconds left that are spoken; all others pass in silence. */
const spoken = [60, 30, 15, 10, 5];

/** The mark that was reached since `before` seconds were left, if any: ticks may skip a second. */
export const spokenMark = (before: number, seconds: number) =>
  spoken.findLast((mark) => mark < before && seconds <= mark);
