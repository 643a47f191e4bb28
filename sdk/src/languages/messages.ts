import type { DeadlineKind } from '../lifetime/lifetime.js';
import type { Cover } from '../machine/machine.js';

/** A heading, below it what it means, and the time left where `left` does not fit. */
export type Words = readonly [title: string, text?: string, left?: string];

/** Everything that `<nightlatch-warning>` says. `{time}` stands for the time left in words. */
export interface Messages extends Record<DeadlineKind | 'locking' | Cover, Words> {
  /** What these texts are written in, a BCP 47 tag. */
  readonly language: string;
  readonly dir?: 'ltr' | 'rtl';
  /** A sentence with `{time}`. */
  readonly left: string;
  readonly stay: string;
  /** On the same button, until the server has confirmed. */
  readonly staying: string;
  readonly signOut: string;
  readonly signIn: string;
  readonly notNow: string;
  readonly trouble: string;
  /** Whole seconds in words, as they follow "in": "1 second", from a minute on "2 minutes". */
  inWords(seconds: number): string;
  /** Whole seconds as digits: "0:09", "2:30". */
  inDigits(seconds: number): string;
}

/** What it says beside its dialog. */
export interface AsideMessages {
  /** The time left in a few words with `{time}`, before the title of a page in the background. */
  readonly pageTitle: string;
}

/** What `<nightlatch-status>` says beside the time. */
export interface StatusMessages extends Pick<Messages, 'language' | 'dir'> {
  readonly signedIn: string;
  readonly signedOut: string;
  readonly isLocked: string;
  readonly noConnection: string;
}

/** Forms of a counted word, by the plural categories of the language; `{n}` is the number. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** One file of this folder. */
export interface Translation extends Omit<Messages, 'inWords' | 'inDigits'>, AsideMessages, StatusMessages {
  /** Accusative where the language has cases: they follow "in" or "for". */
  readonly minutes: Plural;
  readonly seconds: Plural;
}
