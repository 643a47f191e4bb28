// A server that keeps one policy and as many sessions as there are cookies: enough of the browser contract to run the SDK
// against without the real one. Deadlines are decided on read, from the real clock.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { page } from './pages.js';

export interface Policy {
  idle: number;
  absolute: number;
  warnBefore: number;
  onIdle?: 'sign-out' | 'lock';
}

interface Session {
  handle: string;
  subject: string;
  authenticated: number;
  seen: number;
  heldUntil: number;
  ended?: { reason: string; at: number };
  locked: boolean;
  tabs: Map<string, string>;
}

export interface FakeServer {
  origin: string;
  policy: Policy;
  sessions: Map<string, Session>;
  /** Every request to the browser endpoints, in order. */
  log: { at: number; method: string; path: string; body: any; status: number }[];
  audit: { reason: string; handle: string }[];
  /** What a test wants served besides, by path. */
  files: Map<string, { body: string; type: string }>;
  create(subject?: string): { token: string; handle: string };
  end(handle: string, reason: string): void;
  /** Tells every open stream about changed deadlines. */
  changed(): void;
  close(): Promise<void>;
}

const assets = new URL('../../crates/server/assets/', import.meta.url);

export async function startFakeServer(policy: Policy, headers: Record<string, string> = {}): Promise<FakeServer> {
  const sessions = new Map<string, Session>();
  const streams = new Map<ServerResponse, { session: Session; said: string }>();
  const log: FakeServer['log'] = [];
  const audit: FakeServer['audit'] = [];
  const draftSecret = randomBytes(32);
  const files: FakeServer['files'] = new Map();
  const server: FakeServer = { origin: '', policy, sessions, log, audit, files, create, end, changed, close };

  function create(subject = 'ada') {
    const [token, now] = [randomUUID(), Date.now()];
    const session = { handle: randomUUID(), subject, authenticated: now, seen: now, heldUntil: 0, locked: false, tabs: new Map() };
    sessions.set(token, session);
    return { token, handle: session.handle };
  }

  const idleAt = (s: Session) => Math.max(s.seen, s.heldUntil) + server.policy.idle;
  const absoluteAt = (s: Session) => s.authenticated + server.policy.absolute;

  function finish(s: Session, reason: string, at = Date.now()) {
    if (s.ended) return;
    s.ended = { reason, at };
    audit.push({ reason, handle: s.handle });
    for (const [response, { session }] of streams) {
      if (session === s) response.end(`id: ${at}\nevent: ended\ndata: ${JSON.stringify({ reason, ended_at: at })}\n\n`);
    }
  }

  function end(handle: string, reason: string) {
    for (const s of sessions.values()) if (s.handle === handle) finish(s, reason);
  }

  function decide(s: Session) {
    if (s.ended) return;
    const now = Date.now();
    if (now >= absoluteAt(s)) finish(s, 'absolute', absoluteAt(s));
    else if (!s.locked && now >= idleAt(s)) {
      if (server.policy.onIdle === 'lock') s.locked = true;
      else finish(s, 'idle', idleAt(s));
    }
  }

  function bodyOf(s: Session) {
    const now = Date.now();
    const [idle, absolute] = [s.locked ? null : idleAt(s) - now, absoluteAt(s) - now];
    const kind = s.locked || absolute <= idle! ? 'absolute' : 'idle';
    const left = Math.min(idle ?? Infinity, absolute);
    return {
      phase: s.locked ? 'locked' : left <= server.policy.warnBefore ? 'warning' : 'active',
      deadline_kind: kind,
      idle_remaining_ms: idle,
      absolute_remaining_ms: absolute,
      warn_before_ms: server.policy.warnBefore,
      can_extend: kind === 'idle',
      on_idle: server.policy.onIdle ?? 'sign-out',
      subject: s.subject,
      handle: s.handle,
      application: null,
      choice: null,
      authentication_age_ms: now - s.authenticated,
      server_time_ms: now,
    };
  }

  function changed() {
    for (const [response, stream] of streams) {
      const { session } = stream;
      decide(session);
      if (session.ended) continue;
      const body = bodyOf(session);
      const said = `${body.phase} ${session.seen} ${session.heldUntil} ${JSON.stringify(server.policy)}`;
      if (said === stream.said) continue;
      const event = body.phase !== 'active' && !stream.said.startsWith(body.phase) ? body.phase : 'lifetime';
      stream.said = said;
      response.write(`id: ${Date.now()}\nevent: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
    }
  }

  const sweep = setInterval(changed, 200);

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url!, server.origin);
    const token = /(?:^|; )nightlatch=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const s = sessions.get(token);
    if (s) decide(s);
    // A page takes an answer that does not repeat its question for none.
    if (request.headers['nightlatch']) response.setHeader('Nightlatch', request.headers['nightlatch']);
    const send = (status: number, body: unknown, type = 'application/json', more: Record<string, string> = {}) => {
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...more });
      response.end(body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    };
    const file = /^\/nightlatch\/((?:sdk|worker|frame)\.js|sdk\/[\w-]+\.js)$/.exec(url.pathname);
    if (file) return send(200, readFileSync(new URL(file[1]!, assets), 'utf8'), 'text/javascript');
    const own = files.get(url.pathname);
    if (own && s) s.seen = Date.now();
    if (own) return send(200, own.body, own.type, { 'Cache-Control': 'no-cache' });
    if (url.pathname === '/page.css') return send(200, 'body{font:1rem system-ui;margin:2rem}#tall{margin-top:200vh}', 'text/css');
    if (url.pathname === '/favicon.ico') return send(204, null);
    if (url.pathname === '/nightlatch/signed-out') {
      return send(200, `<!doctype html><html lang="en"><title>Signed out</title><h1>You are signed out</h1>`, 'text/html');
    }
    if (!url.pathname.startsWith('/nightlatch/')) {
      if (url.pathname === '/upload') {
        let bytes = 0;
        for await (const chunk of request) bytes += chunk.length;
        return send(200, { bytes });
      }
      if (url.pathname === '/public') return send(200, page('Public'), 'text/html', headers);
      if (url.pathname === '/required') return send(200, page('Required', ' data-nightlatch="required"'), 'text/html', headers);
      if (!s || s.ended) return send(200, '<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>', 'text/html');
      s.seen = Date.now();
      // An application that forbids storing would never be in the back/forward cache, and that is to be tested.
      const caching = { 'Cache-Control': 'private, no-cache' };
      return send(200, page(url.pathname === '/' ? 'Home' : url.pathname.slice(1)), 'text/html', { ...caching, ...headers });
    }

    let text = '';
    for await (const chunk of request) text += chunk;
    const body = text ? JSON.parse(text) : undefined;
    const path = url.pathname.slice('/nightlatch/'.length);
    const route = `${request.method} ${path.split('/')[0]}`;
    const reply = (status: number, value: unknown, type?: string, more?: Record<string, string>) => {
      log.push({ at: Date.now(), method: request.method!, path, body, status });
      send(status, value, type, more);
    };
    const problem = (status: number, reason: string) =>
      reply(status, { type: 'about:blank', title: 'Unauthorized', status, reason, ended_at: s?.ended?.at }, 'application/problem+json');

    if (route === 'POST diagnostic') return reply(204, null);
    if (request.method !== 'GET' && !/^1(\.|$)/.test(`${request.headers['nightlatch']}`)) return problem(403, 'header');
    if (route === 'POST sign-out') {
      if (s) finish(s, 'user');
      const reason = s?.ended?.reason ?? 'none';
      return reply(200, { redirect: `/nightlatch/signed-out?reason=${reason}` }, undefined, {
        'Set-Cookie': 'nightlatch=; Path=/; Max-Age=0',
      });
    }
    if (!s) return problem(401, 'none');
    if (s.ended) return problem(401, s.ended.reason);
    switch (route) {
      case 'GET session':
      case 'POST session':
        if (body?.tab) s.tabs.set(body.tab, body.path);
        return reply(200, bodyOf(s));
      case 'GET draft-key':
        if (!/^1(\.|$)/.test(`${request.headers['nightlatch']}`)) return problem(403, 'header');
        if (s.locked) return problem(401, 'locked');
        return reply(200, { key: createHmac('sha256', draftSecret).update(s.subject).digest('base64url'), subject: s.subject });
      case 'POST activity':
      case 'POST extend':
        if (s.locked) return problem(401, 'locked');
        s.seen = Math.max(s.seen, Date.now() - (body.age_ms ?? 0));
        if (body.tab) s.tabs.set(body.tab, body.path);
        return reply(200, bodyOf(s));
      case 'POST tab':
        s.tabs.set(body.tab, body.path);
        return reply(200, bodyOf(s));
      case 'DELETE tab':
        s.tabs.delete(path.slice(4));
        return reply(204, null);
      case 'POST hold':
      case 'PUT hold':
        s.heldUntil = Date.now() + body.for_ms;
        return reply(route === 'POST hold' ? 201 : 200, { hold: 'h1', until_ms: body.for_ms });
      case 'DELETE hold':
        s.heldUntil = Math.min(s.heldUntil, Date.now());
        return reply(204, null);
      case 'GET events':
        log.push({ at: Date.now(), method: 'GET', path, body, status: 200 });
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
        response.write(`retry: 1000\n\nid: 0\nevent: lifetime\ndata: ${JSON.stringify(bodyOf(s))}\n\n`);
        streams.set(response, { session: s, said: `${bodyOf(s).phase} ${s.seen} ${s.heldUntil} ${JSON.stringify(server.policy)}` });
        response.on('close', () => streams.delete(response));
        return;
      default:
        return reply(404, { status: 404 });
    }
  }

  const http = createServer((request, response) => {
    // Whoever hangs up in the middle of an upload gets no answer.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  async function close() {
    clearInterval(sweep);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }
  return server;
}
