// The real binary behind a small application: pages of its own, the SDK as it was last built, and everything else below
// /nightlatch/ passed through.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { page } from '../test/pages.js';
import { defaults, type Launch, type Policy, type Server } from './server.js';

/** Where the build leaves the SDK; what the binary carries may be older. */
const assets = new URL('../../crates/server/assets/', import.meta.url);

interface Seen {
  at: number;
  method: string;
  route: string;
  body: any;
  status: number;
}

export async function startServer({ policy, headers, watch }: Launch): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-e2e-'));
  const seen: Seen[] = [];
  const latch = { browser: '', management: '', key: '', process: undefined as ChildProcess | undefined };
  const current: Policy = { ...defaults, ...policy };

  const application = createServer((incoming, answer) => {
    const url = new URL(incoming.url!, 'http://application');
    watch?.(incoming, answer);
    const file = /^\/nightlatch\/((?:sdk|worker|frame)\.js|sdk\/[\w.-]+\.js)$/.exec(url.pathname)?.[1];
    if (file) return answer.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(new URL(file, assets)));
    if (url.pathname.startsWith('/nightlatch/')) return passOn(latch.browser, incoming, answer, seen);
    void (async () => {
      const session = await fetch(`http://${latch.browser}/nightlatch/session`, { headers: { cookie: incoming.headers.cookie ?? '' } });
      const open = url.pathname === '/public' || url.pathname === '/required' || session.ok;
      const attributes = url.pathname === '/required' ? ' data-nightlatch="required"' : '';
      const title = url.pathname === '/' ? 'Home' : url.pathname.slice(1);
      const html = open ? page(title, attributes) : '<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>';
      answer.writeHead(200, { 'content-type': 'text/html', ...headers }).end(html);
    })();
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;

  const start = async () => {
    const listen = (address: string) => JSON.stringify(address || '127.0.0.1:0');
    writeFileSync(
      join(folder, 'latch.toml'),
      `[server]\nlisten = ${listen(latch.browser)}\npublic_url = "${origin}"\n` +
        `[management]\nlisten = ${listen(latch.management)}\n` +
        `[store]\npath = ${JSON.stringify(join(folder, 'latch.db'))}\n` +
        `[log]\nlevel = "error"\n` +
        `[policy]\nidle = "${current.idle}ms"\nabsolute = "${current.absolute}ms"\n` +
        `warn_before = "${current.warnBefore}ms"\non_idle = "${current.onIdle ?? 'sign-out'}"\n`,
    );
    const child = spawn(process.env['NIGHTLATCH_BIN']!, ['serve', '--config', join(folder, 'latch.toml')], { stdio: ['ignore', 'pipe', 'inherit'] });
    latch.process = child;
    for await (const line of createInterface({ input: child.stdout! })) {
      latch.browser = /^browser side +http:\/\/([^/]+)/.exec(line)?.[1] ?? latch.browser;
      latch.key = /^API key +(\S+)/.exec(line)?.[1] ?? latch.key;
      const management = /^management +http:\/\/([^/]+)/.exec(line)?.[1];
      if (management) latch.management = management;
      if (latch.management && latch.browser && latch.key) break;
    }
    await until(async () => (await fetch(`http://${latch.management}/readyz`)).ok);
  };
  const stop = () =>
    new Promise<void>((resolve) => {
      latch.process!.once('exit', () => resolve());
      latch.process!.kill('SIGTERM');
    });
  const api = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`http://${latch.management}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${latch.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const audit = async () => (await api('GET', 'audit?kind=ended&limit=100')).records as { reason: string; handle: string; at: string }[];

  await start();
  return {
    origin,
    policy: current,
    async signIn(context, subject = 'ada') {
      const { token, handle } = await api('POST', 'sessions', { subject });
      await context.addCookies([{ name: 'nightlatch', value: token, url: origin, httpOnly: true, sameSite: 'Lax' }]);
      return { handle };
    },
    url: (path = '/') => origin + path,
    signOuts: async () => seen.filter((call) => call.method === 'POST' && call.route === 'sign-out').length,
    audit,
    // From outside a session can be ended for fewer reasons than there are.
    end: async (handle) => void (await api('DELETE', `sessions/${handle}`)),
    ended: async (handle) => (await audit()).some((row) => row.handle === handle),
    requests: async (route) => seen.filter((call) => `${call.method} ${call.route.split('/')[0]}` === route),
    async setPolicy(next) {
      Object.assign(current, next);
      await stop();
      await start();
    },
    async close() {
      await stop();
      application.closeAllConnections();
      await new Promise((resolve) => application.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

function passOn(latch: string, incoming: IncomingMessage, answer: ServerResponse, seen: Seen[]) {
  const [host, port] = latch.split(':');
  const { url: path, method, headers } = incoming;
  const call: Seen = { at: Date.now(), method: method!, route: path!.replace('/nightlatch/', '').split('?')[0]!, body: undefined, status: 0 };
  seen.push(call);
  const upstream = request({ host, port, path, method, headers }, (response) => {
    call.status = response.statusCode!;
    answer.writeHead(response.statusCode!, response.headers);
    response.pipe(answer);
    response.on('error', () => answer.destroy());
  });
  upstream.on('error', () => answer.destroy());
  answer.on('close', () => upstream.destroy());
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => (chunks.push(chunk), upstream.write(chunk)));
  incoming.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    call.body = text ? JSON.parse(text) : undefined;
    upstream.end();
  });
}

async function until(holds: () => Promise<boolean>) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 25)); // tidy: sleeps because readiness is asked for again and again, a bounded number of times
  }
  throw new Error('the server does not become ready');
}
