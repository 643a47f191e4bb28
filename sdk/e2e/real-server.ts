// The real binary behind a small application.
import { inject } from 'vitest';
import { startApplication, type Application } from './application.js';
import { startLatch, type Latch } from './latch.js';
import { startNodes, type Routing } from './nodes.js';
import { defaults, type Launch, type Policy, type Server } from './server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** How requests are spread where two nodes share a store; one server alone where this is left out. */
    nodes: Routing | undefined;
  }
}

export interface RealServer extends Server {
  readonly application: Application;
  readonly latch: Latch;
  /** Somebody has authenticated again over a session: a new token, and a lock opens. */
  reauthenticate(handle: string, subject?: string): Promise<{ token: string; set_cookie: string }>;
}

export async function startServer({ policy, headers = {}, watch }: Launch = {}): Promise<RealServer> {
  const application = await startApplication(watch);
  const current: Policy = { ...defaults, ...policy };
  const routing = inject('nodes');
  const latch = await (routing ? startNodes(application.origin, current, routing) : startLatch(application.origin, current));
  Object.assign(application, { headers, upstream: latch.address });

  const audit = async () => (await latch.api('GET', 'audit?kind=ended&limit=100')).records as { reason: string; handle: string; at: string }[];
  const requests = (route: string) => application.calls.filter((call) => `${call.method} ${call.route.split('/')[0]}` === route);
  return {
    application,
    latch,
    origin: application.origin,
    policy: current,
    async signIn(context, subject = 'ada') {
      const { token, handle } = await latch.api('POST', 'sessions', { subject });
      await context.addCookies([{ name: 'nightlatch', value: token, url: application.origin, httpOnly: true, sameSite: 'Lax' }]);
      return { token, handle };
    },
    reauthenticate: (handle, subject = 'ada') => latch.api('POST', `sessions/${handle}/reauthenticate`, { subject }),
    url: (path = '/') => application.origin + path,
    signOuts: async () => requests('POST sign-out').length,
    audit,
    // From outside a session can be ended for fewer reasons than there are.
    end: async (handle) => void (await latch.api('DELETE', `sessions/${handle}`)),
    ended: async (handle) => (await audit()).some((row) => row.handle === handle),
    requests: async (route) => requests(route),
    setPolicy: async (next) => latch.setPolicy(Object.assign(current, next)),
    async close() {
      await latch.close();
      await application.close();
    },
  };
}
