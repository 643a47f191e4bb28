// Tabs of one origin, with one session that a server keeps.
import type { NightlatchEvent } from '../src/nightlatch/contract.js';
import { createNightlatch } from '../src/nightlatch/nightlatch.js';
import { createOrigin, settled, type Request } from './fake-origin.js';

/** What the server's clock shows at the instant 0 of the pages' one. */
export const SERVER = 1_700_000_000_000;
const limits = { idle: 6000, absolute: 60_000, warn: 3000 };

/** An origin with one session that is live from the start, idles, and can be made unreachable. */
export function origin(policy: Partial<typeof limits> = {}) {
  const { idle, absolute, warn } = { ...limits, ...policy };
  const server = { seen: 0, over: '', reachable: true, kept: false, silent: false };
  const respond = ({ method, path, body }: Request, now: number) => {
    if (!server.reachable) return undefined;
    if (path === 'sign-out') {
      server.over ||= 'user';
      return { status: 200, body: { redirect: `/nightlatch/signed-out?reason=${server.over}` } };
    }
    if (now >= server.seen + idle) server.over ||= 'idle';
    if (server.over) return { status: 401, body: { reason: server.over } };
    if (method === 'DELETE') return { status: 204 };
    if (path === 'activity' || path === 'extend') server.seen = Math.max(server.seen, now - (body.age_ms ?? 0));
    return {
      status: 200,
      body: {
        phase: Math.min(server.seen + idle, absolute) - now <= warn ? 'warning' : 'active',
        deadline_kind: 'idle',
        idle_remaining_ms: server.seen + idle - now,
        absolute_remaining_ms: absolute - now,
        warn_before_ms: warn,
        can_extend: true,
        on_idle: 'sign-out',
        subject: 'ada',
        handle: 'h',
        authentication_age_ms: now,
        server_time_ms: SERVER + now,
      },
    };
  };
  const world = createOrigin((request, now) => {
    const answer = respond(request, now);
    return answer && { ...answer, kept: server.kept };
  });
  let begun = 0;
  const tab = async (path?: string, options = {}) => {
    const window = world.open(path);
    const diagnostics: string[] = [];
    const nightlatch = createNightlatch({ scope: window.scope, onDiagnostic: ({ code }) => diagnostics.push(code), ...options });
    const events: NightlatchEvent['type'][] = [];
    nightlatch.subscribe((event) => events.push(event.type));
    nightlatch.start();
    await settled();
    // A stream begins with how the session stands.
    const { body } = respond({ tab: 0, method: 'POST', path: 'session', body: {} }, world.now()) ?? {};
    for (const stream of world.streams.slice(begun)) if (body && 'handle' in body && !server.silent) stream.emit('lifetime', body);
    begun = world.streams.length;
    return Object.assign(window, { nightlatch, events, diagnostics });
  };
  return { ...world, server, tab };
}
