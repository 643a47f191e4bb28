// What the scenarios ask of a server, whichever it is.
import type { RequestListener } from 'node:http';
import type { Cookie } from './drivers/driver.js';

export interface Policy {
  idle: number;
  absolute: number;
  warnBefore: number;
  onIdle?: 'sign-out' | 'lock';
  holdMax?: number;
  absent?: string;
  /** Rules, gates and the like, as they are written; for the real server alone. */
  more?: string;
}

/** A browser's cookies, whatever drives the browser. */
export interface CookieJar {
  addCookies(cookies: Cookie[]): Promise<void>;
}

export interface Launch {
  policy?: Partial<Policy>;
  /** Extra response headers of the application's pages, such as a CSP. */
  headers?: Record<string, string>;
  /** Sees every request that reaches the application, before anybody else; the real server only. */
  watch?: RequestListener;
}

export interface Server {
  origin: string;
  policy: Policy;
  /** Gives the context a live session, as of now. */
  signIn(context: CookieJar, subject?: string): Promise<{ token: string; handle: string }>;
  /** A page of the application that loads the SDK: `/` and `/other` need a session, `/public` does not. */
  url(path?: string): string;
  signOuts(): Promise<number>;
  audit(): Promise<{ reason: string; handle: string; at?: string }[]>;
  /** Ends a session from outside. */
  end(handle: string, reason: string): Promise<void>;
  /** Whether the session is over. */
  ended(handle: string): Promise<boolean>;
  /** Requests to one browser endpoint so far, such as `POST activity`. */
  requests(route: string): Promise<{ at: number; body: any; status: number }[]>;
  setPolicy(policy: Partial<Policy>): Promise<void>;
  close(): Promise<void>;
}

export const defaults: Policy = { idle: 6000, absolute: 60_000, warnBefore: 3000 };
