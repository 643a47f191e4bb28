import type { Answer, Call, Scope } from '../call/call.js';
import type { Reason } from '../lifetime/lifetime.js';
import type { Phase, State } from '../machine/machine.js';

/**
 * - `change`: something in `state` changed.
 * - `active`, `warning`, `locked`, `ended`: the session entered this phase.
 * - `tick`: time passed while a warning is shown; look at `remaining()`.
 */
export type EventType = 'change' | 'tick' | Exclude<Phase, 'unknown'>;

/** What a listener is told. */
export interface NightlatchEvent {
  /** What happened. */
  readonly type: EventType;
  /** How the session stands now; the same object as `nightlatch.state`. */
  readonly state: State;
}

/** Called on every event, while it happens. */
export type Listener = (event: NightlatchEvent) => void;

/** Something that does not work as it should; everything else goes on. */
export interface Diagnostic {
  /**
   * A word that never changes: `worker` (no worker, so that a hidden page is late), `push` (the server refused the event
   * stream; it is asked again), `sign-out` (`onSignOut` failed or took too long), `rescue` (nothing is kept of forms),
   * `file` (a part could not be loaded), `server` (what answers at `base` is not the
   * server, or it fails; it is asked again), `service-worker` (a page of the application came where the server's signed-out page
   * should be; this one stays, hidden). The server counts them in `nightlatch_page_diagnostics`.
   */
  readonly code: string;
  /** For people: what the browser said about it. */
  readonly detail: string;
}

/** What stands in for the server, such as `standalone()`: given the window, it gives what answers requests. */
export type Backend = (scope: Scope) => Call;

/**
 * What `createNightlatch` may be told. All of it can be left out. It is read whenever it is needed: an object that has
 * changed is in force from the next start.
 */
export interface Options {
  /** Where the server's browser endpoints are: a path or an address. The default is `/nightlatch/`. */
  base?: string;
  /**
   * Leave for the signed-out page even if there was no session when the page opened; the default is to do nothing then. Such a
   * page is loaded anew on going back.
   */
  required?: boolean;
  /** Hide the page until the server has answered, as for one that the browser had kept: `isKept()`. */
  covered?: boolean;
  /** Origins whose frames may report activity through `nightlatch/frame`, such as `https://forms.example`. */
  frames?: readonly string[];
  /** In place of the server; `base` then names nothing. */
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

/** The session of this browser, as one tab sees it. */
export interface Nightlatch {
  /** A new object whenever something to show has changed, the same one otherwise. */
  readonly state: State;
  /** Milliseconds until the earliest limit, never below zero; `null` if there is none or it is not known. */
  remaining(): number | null;
  /** Stays signed in. True once the server confirmed; false if it has not, and while the warning lasts it is asked again. */
  extend(): Promise<boolean>;
  /** Ends the session, in every tab. The page is hidden at once, and left when the server has agreed. */
  signOut(): Promise<void>;
  /** Hides the page for a reason of the application, or with `null` shows it again. `stepUp()` uses it. */
  cover(why: 'step-up' | null): void;
  /**
   * One request to the server's browser endpoints, given up after `timeout` milliseconds (5000). It never rejects. Only
   * once `start()` was called.
   */
  request(...call: Parameters<Call>): Promise<Answer>;
  /** Something changed on the server: asks how the session stands. */
  recheck(): void;
  /**
   * Windows that this page opened and that have no address of their own, such as `about:blank`: whoever hides the page hides what
   * is in them. They are closed when the session ends.
   */
  readonly windows: readonly Window[];
  /** Calls back on every event until the returned function is called. Also before `start()`. */
  subscribe(listener: Listener): () => void;
  /** Tells `onDiagnostic`, once per code. */
  diagnose(code: string, detail: string): void;
  /** Begins to listen, and asks the server. Does nothing where it runs already, and nothing without a window. */
  start(): void;
  /**
   * Takes every listener, timer, worker and channel away. The session goes on, and its phase is `unknown` here unless it has
   * ended; `start()` begins anew.
   */
  stop(): void;
}
