import { enStatus } from '../languages/en.js';
import type { StatusMessages } from '../languages/messages.js';
import { adopt, make, say } from '../session-element/make.js';
import { SessionElement } from '../session-element/session-element.js';
import type { Session } from '../session-element/session.js';
import { short } from './short.js';
import { style } from './style.js';

/**
 * `<nightlatch-status>`: a small badge that says how the session stands and how much time is left. It is there to be looked at
 * and speaks to nobody by itself. Attribute `lang`; looks: see style.ts; parts `badge` and `text`.
 */
export class NightlatchStatus extends SessionElement<StatusMessages> {
  #text = make('span', 'text');
  #badge = make('span', 'badge', {}, this.#text);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super(enStatus);
    const root = this.attachShadow({ mode: 'open' });
    adopt(root, style);
    root.append(this.#badge);
  }

  override connectedCallback(): void {
    document.addEventListener('visibilitychange', this.#wake);
    super.connectedCallback();
    this.#wake();
  }

  override disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#wake);
    clearInterval(this.#timer);
    super.disconnectedCallback();
  }

  /** Nobody looks at a hidden page, and events come without a timer. */
  #wake = () => {
    clearInterval(this.#timer);
    if (document.hidden) return;
    this.#timer = setInterval(() => this.update(), 1000);
    this.update();
  };

  protected paint(session: Session | undefined, words: StatusMessages): void {
    const { phase = 'unknown', cover, trouble } = session?.state ?? {};
    const left = session?.remaining() ?? null;
    const live = phase === 'active' || phase === 'warning';
    const said = phase === 'ended' ? words.signedOut : phase === 'locked' ? words.isLocked : live ? words.signedIn : '';
    const time = live && left !== null ? short(left, words.language) : '';
    this.#badge.hidden = !said;
    this.#badge.lang = words.language;
    this.#badge.dir = words.dir ?? 'ltr';
    this.#badge.dataset['phase'] = trouble || cover === 'offline' ? 'trouble' : phase;
    say(this.#text, [trouble && live ? words.noConnection : said, time].filter(Boolean).join(' · '));
  }
}
