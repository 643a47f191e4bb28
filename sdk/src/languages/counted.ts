import type { Messages, Plural, Translation } from './messages.js';

/** How a language says whole seconds. */
export function counted({ minutes, seconds: ofSeconds }: Pick<Translation, 'minutes' | 'seconds'>, language: string): Pick<Messages, 'inWords' | 'inDigits'> {
  const rules = new Intl.PluralRules(language);
  const digits = (n: number, minimumIntegerDigits = 1) => new Intl.NumberFormat(language, { minimumIntegerDigits }).format(n);
  const form = (n: number, plural: Plural) => (plural[rules.select(n)] ?? plural.other).replace('{n}', digits(n));
  return {
    inWords: (seconds) => (seconds < 60 ? form(seconds, ofSeconds) : form(Math.floor(seconds / 60), minutes)),
    inDigits: (seconds) => `${digits(Math.floor(seconds / 60))}:${digits(seconds % 60, 2)}`,
  };
}
