// The one place that knows which server the scenarios run against: the binary that `NIGHTLATCH_BIN` names, or without it
// the fake one of ../test, which needs no build.
import { startFakeServer } from '../test/fake-server.js';
import { startServer as startReal } from './real-server.js';
import { defaults, type CookieJar, type Launch, type Server } from './server.js';

export async function startServer(launch: Launch = {}): Promise<Server> {
  return process.env['NIGHTLATCH_BIN'] ? startReal(launch) : startFake(launch);
}

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
