import { define } from './session-element/session-element.js';
import { NightlatchWarning } from './warning/warning.js';

define('nightlatch-warning', NightlatchWarning);

declare global {
  interface HTMLElementTagNameMap {
    'nightlatch-warning': NightlatchWarning;
  }
}

export { guard } from './warning/guard.js';
export { NightlatchWarning };
export type { Messages, Words } from './languages/messages.js';
export type { Session } from './session-element/session.js';
