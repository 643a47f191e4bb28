// The one place that knows which server the scenarios run against: the binary that `NIGHTLATCH_BIN` names, or without it
// the fake one of ../test, which needs no build.
import type { RequestListener } from 'node:http';
import type { Cookie } from './drivers/driver.js';
import { startFakeServer } from '../test/fake-server.js';
import { startServer as startReal } from './real-server.js';

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

async function startFake({ policy, headers }: Launch): Promise<Server> {
  const fake = await startFakeServer({ ...defaults, ...policy }, headers);
  return {
    origin: fake.origin,
    policy: fake.policy,
    async signIn(context: CookieJar, subject?: string) {
      const { token, handle } = fake.create(subject);
      await context.addCookies([{ name: 'nightlatch', value: token, url: fake.origin, httpOnly: true, sameSite: 'Lax' }]);
      return { token, handle };
    },
    url: (path = '/') => fake.origin + path,
    signOuts: async () => fake.log.filter((r) => r.path === 'sign-out').length,
    audit: async () => fake.audit,
    end: async (handle, reason) => fake.end(handle, reason),
    ended: async (handle) => fake.audit.some((row) => row.handle === handle),
    requests: async (route) => fake.log.filter((r) => `${r.method} ${r.path.split('/')[0]}` === route),
    setPolicy: async (next) => {
      Object.assign(fake.policy, next);
      fake.changed();
    },
    close: fake.close,
  };
}

export async function startServer(launch: Launch = {}): Promise<Server> {
  return process.env['NIGHTLATCH_BIN'] ? startReal(launch) : startFake(launch);
}
