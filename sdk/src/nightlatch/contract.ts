import type { Answer, Call, Scope } from '../call/call.js';
import type { Reason } from '../lifetime/lifetime.js';
import type { Phase, State } from '../machine/machine.js';

/**
 * - `change`: something in `state` changed.
 * - `active`, `warning`, `locked`, `ended`: the session entered this phase.
 * - `tick`: time passed while a warning is shown; look at `remaining()`.
 */
export type EventType = 'change' | 'tick' | Exclude<Phase, 'unknown'>;

export interface NightlatchEvent {
  readonly type: EventType;
  readonly state: State;
}

export type Listener = (event: NightlatchEvent) => void;

/** Something that does not work as it should; everything else goes on. */
export interface Diagnostic {
  /**
   * - `worker`: no worker, so that a hidden page is late.
   * - `push`: the server refused the event stream; it is asked again.
   * - `sign-out`: `onSignOut` failed or took too long.
   * - others are named where they happen (`rescue`, `language`, …).
   */
  readonly code: string;
  readonly detail: string;
}

/** What stands in for the server, such as `standalone()`. */
export type Backend = (scope: Scope) => Call;

export interface Options {
  /** Where the server's browser endpoints are. */
  base?: string;
  /** Leave for the signed-out page even if there was no session when the page opened. */
  required?: boolean;
  /** Hide the page until the server has answered, as for one that the browser had kept: `isKept()`. */
  covered?: boolean;
  /** Origins whose frames may report activity through `nightlatch/frame`. */
  frames?: readonly string[];
  /** In place of the server. */
  backend?: Backend;
  /** Where `worker.js` is, if not beside the server's endpoints. Without a server there is none unless named here. */
  worker?: string;
  /**
   * The application's own sign-out: called in one tab, once the server has ended the session and the page is hidden. May
   * give an address to go to, also as a promise; after three seconds nobody waits for it any more.
   */
  onSignOut?: (reason: Reason) => unknown;
  /** Told what does not work as it should, once each. The default writes a warning to the console. */
  onDiagnostic?: (diagnostic: Diagnostic) => void;
  /** The window; tests bring their own. */
  scope?: Scope;
}

export interface Nightlatch {
  /** A new object whenever something to show has changed, the same one otherwise. */
  readonly state: State;
  /** Milliseconds until the earliest limit, `null` if there is none or it is not known. */
  remaining(): number | null;
  /** Stays signed in. True once the server confirmed; false if it has not, and while the warning lasts it is asked again. */
  extend(): Promise<boolean>;
  /** Ends the session, in every tab. */
  signOut(): Promise<void>;
  /** Hides the page for a reason of the application, or with `null` shows it again. `stepUp()` uses it. */
  cover(why: 'step-up' | null): void;
  /** One request to the server's browser endpoints. Never throws. */
  request(...call: Parameters<Call>): Promise<Answer>;
  /** Something changed on the server: asks how the session stands. */
  recheck(): void;
  /** Calls back on every event until the returned function is called. */
  subscribe(listener: Listener): () => void;
  /** Tells `onDiagnostic`, once per code. */
  diagnose(code: string, detail: string): void;
  start(): void;
  stop(): void;
}
