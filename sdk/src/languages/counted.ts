import type { Messages, Plural } from './messages.js';

function counted(n: number, forms: Plural, language: string): string {
  const form = forms[new Intl.PluralRules(language).select(n)] ?? forms.other;
  return form.replace('{n}', new Intl.NumberFormat(language).format(n));
}

/** A text whose `{time}` is so many whole seconds in words: "1 second", "2 minutes, 30 seconds". */
export function inTime(text: string, seconds: number, { language, minutes, seconds: forms }: Messages): string {
  const rest = seconds % 60;
  const parts = [];
  if (seconds >= 60) parts.push(counted(Math.floor(seconds / 60), minutes, language));
  if (rest || seconds < 60) parts.push(counted(rest, forms, language));
  return text.replace('{time}', new Intl.ListFormat(language, { type: 'unit' }).format(parts));
}

/** Whole seconds as digits: "0:09", "2:30". */
export function inDigits(seconds: number, language: string): string {
  const digits = (n: number, minimumIntegerDigits = 1) =>
    new Intl.NumberFormat(language, { minimumIntegerDigits }).format(n);
  return `${digits(Math.floor(seconds / 60))}:${digits(seconds % 60, 2)}`;
}

/** Seconds left that are spoken; all others pass in silence. */
const spoken = [60, 30, 15, 10, 5];

/** Whether a mark was reached since `before` seconds were left: ticks may skip a second. */
export const isSpoken = (before: number, seconds: number) => spoken.some((mark) => mark < before && seconds <= mark);
