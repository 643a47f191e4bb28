import type { Scope } from '../call/call.js';
import type { Hold, HoldRequest } from '../hold/hold.js';
import type { DeadlineKind, Reason } from '../lifetime/lifetime.js';
import type { Cover, Phase } from '../machine/machine.js';

/** What there is to show. A new object whenever something in it changed, the same one otherwise. */
export interface State {
  /** `unknown` until the server has answered, and on a server that renders the page. */
  readonly phase: Phase;
  /** Which limit comes first. */
  readonly kind: DeadlineKind | null;
  /** Whether "stay signed in" can be offered. */
  readonly canExtend: boolean;
  /** Why the page must be hidden, if it must. */
  readonly cover: Cover | null;
  /** The server could not be reached; the request is being repeated. */
  readonly trouble: boolean;
  /** "Stay signed in" was chosen and the server has not confirmed it yet. */
  readonly extending: boolean;
  /** Why the session is over, once it is. */
  readonly reason: Reason | null;
}

export type NightlatchEvent =
  /** Something in `state` changed. */
  | { type: 'change'; state: State }
  /** Time passed while a warning is shown; look at `remaining()`. */
  | { type: 'tick'; state: State }
  /** The time is up and the server cannot be asked: drop what nobody else should see. */
  | { type: 'clear'; state: State };

export type Listener = (event: NightlatchEvent) => void;

export interface Diagnostic {
  code: 'worker';
  message: string;
}

export interface Options {
  /** Where the server's browser endpoints are. */
  base?: string;
  /** Leave for the signed-out page even if there was no session when the page opened. */
  required?: boolean;
  /** Told what does not work as it should, once each. The default writes a warning to the console. */
  onDiagnostic?: (diagnostic: Diagnostic) => void;
  /** The window; tests bring their own. */
  scope?: Scope;
}

export interface Nightlatch {
  readonly state: State;
  /** Milliseconds until the earliest limit, `null` if there is none or it is not known. */
  remaining(): number | null;
  /** Stays signed in. True once the server confirmed; false if it has not, and while the warning lasts it is asked again. */
  extend(): Promise<boolean>;
  /** Ends the session, in every tab. */
  signOut(): Promise<void>;
  /** Keeps the session from idling for a while; nothing if the server refused. */
  hold(request: HoldRequest): Promise<Hold | undefined>;
  /** Keeps the session from idling until the work is done, at most `max` milliseconds (an hour). */
  withHold<T>(work: Promise<T>, options: { label: string; max?: number }): Promise<T>;
  /** Calls back on every event until the returned function is called. */
  subscribe(listener: Listener): () => void;
  start(): void;
  stop(): void;
}
