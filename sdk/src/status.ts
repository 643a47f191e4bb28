import { NightlatchStatus } from './status/status.js';

globalThis.customElements?.get('nightlatch-status') ?? globalThis.customElements?.define('nightlatch-status', NightlatchStatus);

declare global {
  interface HTMLElementTagNameMap {
    'nightlatch-status': NightlatchStatus;
  }
}

export { NightlatchStatus };
export type { StatusMessages } from './languages/messages.js';
export type { Session } from './session-element/session.js';
