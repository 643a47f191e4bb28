import { counted } from './counted.js';
import type { Messages, StatusMessages, Translation } from './messages.js';

/** What the elements say, whichever of them asks. */
export type Texts = Messages & StatusMessages;

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

/** The texts for a language tag such as `pt-BR`; nothing if there are none. Rejects if they cannot be loaded. */
export async function load(tag: string): Promise<Texts | undefined> {
  const file = files[tag.toLowerCase().split(/[-_]/)[0]!];
  if (!file) return undefined;
  const { default: texts } = await file();
  const language = accepted(tag) ?? texts.language;
  return { ...texts, ...counted(texts, language), language };
}

/** The tag as `Intl` takes it, so that numbers look as they do in the region. */
function accepted(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** The language around an element, through shadow roots, else that of the browser. */
export function languageOf(element: Element): string {
  const { host } = element.getRootNode() as ShadowRoot;
  return element.closest<HTMLElement>('[lang]')?.lang || (host ? languageOf(host) : navigator.language);
}

/** What takes in a part that is not always needed. */
interface Loader {
  load<Part>(part: Promise<Part>, use: (part: Part) => void): void;
}

/** Gives the texts for the language around an element as it is at the moment; nothing stands for English. */
export function translator(element: Element & Loader): () => Texts | undefined {
  let current = '';
  let texts: Texts | undefined;
  return () => {
    const tag = languageOf(element);
    if (tag !== current) {
      current = tag;
      element.load(load(tag), (loaded) => {
        // Another one may have been asked for meanwhile.
        if (tag === current) texts = loaded;
      });
    }
    return texts;
  };
}
