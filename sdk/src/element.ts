import { NightlatchWarning } from './warning/warning.js';

globalThis.customElements?.get('nightlatch-warning') ??
  globalThis.customElements?.define('nightlatch-warning', NightlatchWarning);

declare global {
  interface HTMLElementTagNameMap {
    'nightlatch-warning': NightlatchWarning;
  }
}

export { NightlatchWarning };
export type { Messages, Plural, Words } from './languages/messages.js';
export type { Session } from './session-element/session.js';
