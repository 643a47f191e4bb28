import type { Session } from './session.js';

// On a server there is no such class, and nobody constructs one.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Shows the session as it is now; nothing, if there is none or the element has been taken out. */
export type Paint<Texts> = (session: Session | undefined, words: Texts) => void;

/**
 * What shows a session, in the language of its surroundings: English at once, every other language when it has arrived. The
 * shadow tree is made once, by the function that gives `paint`.
 */
export class SessionElement<Texts extends object> extends Base {
  /** Own words for some or all of the texts, instead of those of the language. */
  declare messages?: Partial<Texts>;
  /** Whether it shows the session, in the page or not. Left open: as long as it is in the page. */
  declare stays?: boolean | undefined;
  /** Shows everything anew. */
  update: () => void;
  #nightlatch: Session | undefined;

  constructor(english: Texts, style: string, build: (host: SessionElement<Texts>, root: ShadowRoot) => Paint<Texts>) {
    super();
    const root = this.attachShadow({ mode: 'open' });
    // Made by script, so that no Content-Security-Policy is in the way.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];

    const paint = build(this, root);
    let shown: Session | undefined;
    let unsubscribe: (() => void) | undefined;
    let translate: (() => object | undefined) | undefined;
    let asked = false;

    this.update = () => {
      const session = (this.stays ?? this.isConnected) ? this.nightlatch : undefined;
      if (session !== shown) {
        unsubscribe?.();
        shown = session;
        unsubscribe = session?.subscribe(this.update);
      }
      // Whether it is English is all that is known of languages here, so that English needs nothing else.
      if (session && !asked && !this.matches(':lang(en)')) {
        asked = true;
        this.load(import('../languages/languages.js'), ({ translator }) => (translate = translator(this)));
      }
      paint(session, { ...english, ...translate?.(), ...this.messages });
    };
  }

  /** The session to show; when none is set, what `window.nightlatch` holds. */
  get nightlatch(): Session | undefined {
    return this.#nightlatch ?? (globalThis as { nightlatch?: Session }).nightlatch;
  }

  set nightlatch(nightlatch: Session | undefined) {
    this.#nightlatch = nightlatch;
    this.update();
  }

  connectedCallback(): void {
    this.stays = undefined;
    this.update();
    // The page's own script may set `window.nightlatch` after this.
    setTimeout(this.update);
  }

  disconnectedCallback(): void {
    this.update();
  }

  /** Takes in a part that is not always needed. Without it the element goes on, and the console says why. */
  load<Part>(part: Promise<Part>, use: (part: Part) => void): void {
    part.then(use).then(this.update, (error) => console.warn(`nightlatch: ${error}`));
  }
}

/** Once, however often the module is loaded, and nowhere but in a browser. */
export function define(name: string, element: CustomElementConstructor): void {
  const registry = globalThis.customElements;
  registry?.get(name) ?? registry?.define(name, element);
}
