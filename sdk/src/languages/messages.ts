import type { Cover, DeadlineKind } from '../session-element/session.js';

/** A heading and, below it, what it means. */
export type Words = readonly [title: string, text?: string];

/** Forms of a counted word, by the plural categories of the language; `{n}` is the number. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Everything that the elements say. `{time}` is the time left in words. */
export interface Messages extends Record<DeadlineKind | Cover | 'ended', Words> {
  /** What these texts are written in, a BCP 47 tag; numbers and plural forms follow it. */
  readonly language: string;
  readonly dir?: 'ltr' | 'rtl';
  /** A sentence with `{time}`. */
  readonly left: string;
  /** The same in a few words, before the title of a page in the background. */
  readonly pageTitle: string;
  readonly stay: string;
  /** On the same button, until the server has confirmed. */
  readonly staying: string;
  readonly signOut: string;
  readonly signIn: string;
  readonly notNow: string;
  readonly trouble: string;
  /** Accusative where the language has cases: they follow "in" or "for". */
  readonly minutes: Plural;
  readonly seconds: Plural;
}

/** What `<nightlatch-status>` says beside the time. */
export interface StatusMessages extends Pick<Messages, 'language' | 'dir'> {
  readonly signedIn: string;
  readonly signedOut: string;
  readonly isLocked: string;
  readonly noConnection: string;
}

/** One file of this folder. */
export type Translation = Messages & StatusMessages;
