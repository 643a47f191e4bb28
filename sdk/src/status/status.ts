import { enStatus } from '../languages/en.js';
import type { StatusMessages } from '../languages/messages.js';
import { make, say } from '../session-element/make.js';
import { SessionElement, type Paint } from '../session-element/session-element.js';
import { short } from './short.js';
import { style } from './style.js';

/**
 * `<nightlatch-status>`: a small badge that says how the session stands and how much time is left. It is there to be looked at
 * and speaks to nobody by itself. Attribute `lang`; looks: see style.ts; parts `badge` and `text`.
 */
export class NightlatchStatus extends SessionElement<StatusMessages> {
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super(enStatus, style, build);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#wake);
    this.#wake();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#wake);
    clearInterval(this.#timer);
  }

  /** Time passes without events, and nobody looks at a hidden page. */
  #wake = (): void => {
    clearInterval(this.#timer);
    if (document.hidden || !this.isConnected) return;
    this.#timer = setInterval(() => this.update(), 1000);
    this.update();
  };
}

function build(_: unknown, root: ShadowRoot): Paint<StatusMessages> {
  const text = make('span', 'text');
  const badge = make('span', 'badge', text);
  root.append(badge);

  return (session, words) => {
    const { phase = 'unknown', trouble } = session?.state ?? {};
    const left = session?.remaining() ?? null;
    const live = phase === 'active' || phase === 'warning';
    const standing = trouble ? words.noConnection : live ? words.signedIn : phase === 'locked' ? words.isLocked : words.signedOut;
    badge.hidden = phase === 'unknown';
    badge.lang = words.language;
    badge.dir = words.dir ?? 'ltr';
    badge.className = trouble ? 'trouble' : phase;
    badge.setAttribute('part', `badge ${badge.className}`);
    say(text, live && left !== null ? `${standing} · ${short(left, words.language)}` : standing);
  };
}
