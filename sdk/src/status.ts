import { define } from './session-element/session-element.js';
import { NightlatchStatus } from './status/status.js';

define('nightlatch-status', NightlatchStatus);

declare global {
  interface HTMLElementTagNameMap {
    'nightlatch-status': NightlatchStatus;
  }
}

export { NightlatchStatus };
export type { StatusMessages } from './languages/messages.js';
export type { Session } from './session-element/session.js';
