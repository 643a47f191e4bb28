import { expect, test } from 'vitest';
import ar from './ar.js';
import de from './de.js';
import { en, enStatus } from './en.js';
import es from './es.js';
import fr from './fr.js';
import he from './he.js';
import it from './it.js';
import ja from './ja.js';
import { load } from './languages.js';
import nl from './nl.js';
import pl from './pl.js';
import pt from './pt.js';
import zh from './zh.js';
import { en as enAside } from '../warning/aside/en.js';

const files = { ar, de, es, fr, he, it, ja, nl, pl, pt, zh };
const { inWords: _, inDigits: __, ...texts } = { ...en, ...enStatus, ...enAside };
const keys = [...Object.keys(texts), 'minutes', 'seconds'].sort();

for (const [name, file] of Object.entries(files)) {
  test(`${name} says everything that English says, with the time where it belongs`, () => {
    const { dir, ...rest } = file as typeof file & { dir?: string };
    expect(file.language).toBe(name);
    expect(Object.keys(rest).sort()).toEqual(keys);
    for (const [key, text] of Object.entries(rest)) {
      const english = texts[key as keyof typeof texts] as unknown;
      // As many parts, and the time in the third if there is one.
      if (Array.isArray(text)) {
        expect(text.map((part) => part.split('{time}').length)).toEqual((english as string[]).map((part) => part.split('{time}').length));
        expect(text.every((part) => part.trim() === part && part)).toBeTruthy();
      }
      if (typeof text !== 'string') continue;
      expect(text.trim(), key).toBe(text);
      expect(text.split('{time}').length, key).toBe(String(english).split('{time}').length);
    }
    expect(dir).toBe(['ar', 'he'].includes(name) ? 'rtl' : undefined);
  });

  test(`${name} has every plural form, and no other`, () => {
    const categories = new Intl.PluralRules(name).resolvedOptions().pluralCategories.sort();
    for (const forms of [file.minutes, file.seconds]) {
      expect(Object.keys(forms).sort()).toEqual(categories);
      // One and two may be words of their own.
      for (const [category, form] of Object.entries(forms)) expect(['one', 'two'].includes(category) || form.includes('{n}')).toBe(true);
    }
  });
}

test('Every file is in the table', async () => {
  for (const name of Object.keys(files)) expect((await load(name))?.language).toBe(name);
});

test('A region falls back to its language, and keeps its way with numbers', async () => {
  expect(await load('pt-BR')).toMatchObject({ stay: pt.stay, language: 'pt-BR' });
  expect((await load('ar-EG'))!.inDigits(59)).toBe('٠:٥٩');
  expect((await load('ar-AE'))!.inDigits(59)).toBe('0:59');
});

test('What there is no file for is undefined, and what is no tag at all does no harm', async () => {
  expect(await load('sv')).toBeUndefined();
  expect(await load('en-GB')).toBeUndefined();
  expect(await load('')).toBeUndefined();
  expect(await load('de_AT')).toMatchObject({ stay: de.stay, language: 'de' });
});
