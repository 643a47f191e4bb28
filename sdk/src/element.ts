import { NightlatchWarning } from './warning/warning.js';

globalThis.customElements?.get('nightlatch-warning') ??
  globalThis.customElements?.define('nightlatch-warning', NightlatchWarning);

declare global {
  interface HTMLElementTagNameMap {
    'nightlatch-warning': NightlatchWarning;
  }
}

export { guard } from './warning/guard.js';
export { NightlatchWarning };
export type { Messages, Plural } from './warning/text.js';
