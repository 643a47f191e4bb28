import type { Scope } from '../call/call.js';
import type { Nightlatch } from '../nightlatch/contract.js';
import type { Restored } from './form.js';

/** What form rescue needs of a `Nightlatch`. */
export type RescueSession = Pick<Nightlatch, 'state' | 'request' | 'diagnose'> & { subscribe(listener: () => void): () => void };

export interface RescueOptions {
  /** How long a draft is kept after the last keystroke, in milliseconds (24 hours). */
  maxAge?: number;
  /**
   * The key of the person who is signed in, 16 or 32 bytes or an AES-GCM `CryptoKey`: always the same for this person,
   * another for everybody else, and not to be had without being signed in. In place of the server's; needed without one.
   */
  key?: () => Promise<Uint8Array | CryptoKey>;
  /** Told what was filled in, so that the person can be told. Forms send a `nightlatch-restore` event with the same as well. */
  onRestore?: (restored: Restored) => void;
  /** Keeps applications on one origin apart whose keys differ. */
  application?: string;
  /** The window; tests bring their own. */
  scope?: Scope;
}
