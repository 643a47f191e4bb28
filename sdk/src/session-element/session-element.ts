import type { Messages, Translation } from '../languages/messages.js';
import type { Session } from './session.js';

// On a server there is no such class, and nobody constructs one.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** The language around an element, through shadow roots, else that of the browser. */
const languageOf = (element: Element): string => {
  const { host } = element.getRootNode() as ShadowRoot;
  return element.closest<HTMLElement>('[lang]')?.lang || (host ? languageOf(host) : navigator.language);
};

/**
 * What shows a session, in the language of its surroundings. English is there at once, every other language arrives when it
 * is needed. If it cannot be loaded it stays English, and an event `diagnostic` says so, or else a warning on the console.
 */
export abstract class SessionElement<Texts extends Partial<Translation> = Messages> extends Base {
  #nightlatch: Session | undefined;
  #english: Texts;
  #words: Texts;
  #own: Partial<Texts> = {};
  #tag: string | undefined;
  #leave: (() => void) | undefined;

  constructor(english: Texts) {
    super();
    this.#english = this.#words = english;
  }

  /** Shows the session as it is now; nothing, when the element has been taken out. */
  protected abstract paint(session: Session | undefined, words: Texts): void;

  /** The session to show; when none is set, what `window.nightlatch` holds. */
  get nightlatch(): Session | undefined {
    return this.#nightlatch ?? (globalThis as { nightlatch?: Session }).nightlatch;
  }

  set nightlatch(nightlatch: Session | undefined) {
    this.#nightlatch = nightlatch;
    if (this.isConnected) this.connectedCallback();
  }

  /** Own words for some or all of the texts, instead of those of the language. */
  get messages(): Partial<Texts> {
    return this.#own;
  }

  set messages(messages: Partial<Texts>) {
    this.#own = messages;
    this.update();
  }

  connectedCallback(): void {
    this.#leave?.();
    const session = this.nightlatch;
    const unsubscribe = session?.subscribe(() => this.update());
    // What the page's own script sets up may come after the element.
    if (!session) setTimeout(() => this.nightlatch && this.connectedCallback());
    const observer = new MutationObserver(() => this.#translate());
    for (const node of [document, this.getRootNode()]) observer.observe(node, { subtree: true, attributeFilter: ['lang'] });
    this.#leave = () => {
      unsubscribe?.();
      observer.disconnect();
    };
    void this.#translate();
    this.update();
  }

  disconnectedCallback(): void {
    this.#leave?.();
    this.update();
  }

  protected update(): void {
    this.paint(this.isConnected ? this.nightlatch : undefined, { ...this.#words, ...this.#own });
  }

  /** Tells what does not work as it should. */
  protected diagnose(code: string, error: unknown): void {
    const detail = { code, detail: String(error) };
    if (this.dispatchEvent(new CustomEvent('diagnostic', { detail, cancelable: true }))) {
      console.warn(`nightlatch: ${code}: ${detail.detail}`);
    }
  }

  async #translate(): Promise<void> {
    const tag = languageOf(this);
    if (tag === this.#tag) return;
    this.#tag = tag;
    let words: object | undefined;
    try {
      if (!/^en\b/i.test(tag)) words = await (await import('../languages/languages.js')).load(tag);
    } catch (error) {
      this.diagnose('language', error);
    }
    if (tag !== this.#tag) return;
    this.#words = (words as Texts | undefined) ?? this.#english;
    this.update();
  }
}
