import type { Translation } from './messages.js';

const files: Record<string, () => Promise<{ default: Translation }>> = {
  ar: () => import('./ar.js'),
  de: () => import('./de.js'),
  es: () => import('./es.js'),
  fr: () => import('./fr.js'),
  he: () => import('./he.js'),
  it: () => import('./it.js'),
  ja: () => import('./ja.js'),
  nl: () => import('./nl.js'),
  pl: () => import('./pl.js'),
  pt: () => import('./pt.js'),
  zh: () => import('./zh.js'),
};

/** The texts for a language tag, such as `pt-BR`; nothing if there are none. Rejects if they cannot be loaded. */
export async function load(tag: string): Promise<Translation | undefined> {
  const [base] = tag.toLowerCase().split(/[-_]/);
  // What browsers call Hebrew in old documents.
  const file = files[base === 'iw' ? 'he' : base!];
  if (!file) return undefined;
  const { default: texts } = await file();
  return { ...texts, language: accepted(tag) ?? texts.language };
}

/** The tag as `Intl` takes it, so that numbers look as they do in the region. */
function accepted(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}
