// A small application in front of the server: pages of its own, and everything below /nightlatch/ passed through and noted.
// Between the browser and the server it can do what networks do.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { page } from '../test/pages.js';

/** A request to a browser endpoint. */
export interface Call {
  at: number;
  method: string;
  /** Below /nightlatch/, without a query. */
  route: string;
  headers: IncomingMessage['headers'];
  body: any;
  /** Zero until it is answered. */
  status: number;
}

/** What happens to a request on its way: nothing comes back, something else answers, or it takes its time. */
export type Mishap = { kind: 'lost' } | { kind: 'late'; ms: number } | { kind: 'instead'; status: number; headers: Record<string, string>; body: string };

export interface Application {
  readonly origin: string;
  /** The same under another name of this machine: another site to a browser, with the same server behind it. */
  readonly twin: string;
  readonly calls: Call[];
  /** Extra headers of the pages, such as a CSP. */
  headers: Record<string, string>;
  /** Where the server is. */
  upstream: string;
  /** Decides about every request to the server, pages of the application included. */
  mishap: (call: Call) => Mishap | undefined;
  /** Runs in every page before anything else; has to stand alone. */
  inject(script: () => void): void;
  /** Scripts that the application serves, by path. */
  scripts: Map<string, string>;
  /** How long scripts take on their way, the SDK among them, in milliseconds. */
  lag: number;
  /** Attributes of the root element of every page. */
  attributes: string;
  /** What the application's sign-in page does for `POST /sign-in`; gives the `Set-Cookie` of its answer. */
  signIn: () => Promise<string>;
  /** Takes the wire away: what is underway breaks, and nothing gets through until it is back. */
  cut(off: boolean): void;
  close(): Promise<void>;
}

/** What the server carries, and what the package holds. */
const [assets, dist] = [new URL('../../crates/server/assets/', import.meta.url), new URL('../dist/', import.meta.url)];

/** What the build of the SDK left; served from here so that a change to the SDK needs no new server. */
function asset(path: string): string | undefined {
  const [, folder, name] = /^\/(nightlatch|package)\/((?:[\w-]+\/)*[\w.-]+\.js)$/.exec(path) ?? [];
  const file = name && new URL(name, folder === 'package' ? dist : assets);
  return file && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

const modules = new URL('../node_modules/', import.meta.url);
const types: Record<string, string> = { js: 'text/javascript', css: 'text/css' };

/** A file of a library, as its makers publish it. */
function library(path: string): [type: string, text: string] | undefined {
  const [, name, ending] = /^\/modules\/((?:[@\w.-]+\/)+[\w.-]+\.(js|css))$/.exec(path) ?? [];
  const file = name && !name.includes('..') && new URL(name, modules);
  return file && existsSync(file) ? [types[ending!]!, readFileSync(file, 'utf8')] : undefined;
}

/** A page for frames; it may tell `to`, another origin, that somebody is active. */
const framePage = (to?: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Frame</title>
${to ? `<script type="module" src="/nightlatch/frame.js?to=${to}"></script>` : ''}</head><body><input aria-label="Inside"></body></html>`;

/** `watch` sees every request first. */
export async function startApplication(watch?: RequestListener): Promise<Application> {
  const scripts: string[] = [];
  const sockets = new Set<Socket>();
  let isCut = false;

  const server = createServer((incoming, answer) => {
    watch?.(incoming, answer);
    respond(incoming, answer).catch(() => answer.destroy());
  });
  server.on('connection', (socket) => {
    if (isCut) return socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function respond(incoming: IncomingMessage, answer: ServerResponse): Promise<unknown> {
    const { pathname } = new URL(incoming.url!, application.origin);
    const send = (type: string, body: string, headers = {}) => void answer.writeHead(200, { 'content-type': type, ...headers }).end(body);
    const script = application.scripts.get(pathname) ?? asset(pathname);
    // Never out of a cache, so that it takes its time each time.
    if (script !== undefined) return setTimeout(send, application.lag, 'text/javascript', script, { 'cache-control': 'no-store' }); // tidy: sleeps because a slow network is what is played
    const part = library(pathname);
    if (part) return send(...part);
    if (pathname.startsWith('/nightlatch/')) return passOn(incoming, answer);
    if (pathname === '/first.js') return send('text/javascript', scripts.join(';\n'));
    if (pathname === '/page.css') return send('text/css', 'body{font:1rem system-ui;margin:2rem}#tall{margin-top:200vh}');
    if (pathname === '/blank' || pathname === '/favicon.ico') return send('text/html', '<!doctype html><title>Blank</title>');
    if (pathname === '/frame' || pathname === '/bare-frame') return send('text/html', framePage(pathname === '/frame' ? application.origin : undefined));
    if (pathname === '/sign-in') return send('text/html', 'Welcome', { 'set-cookie': await application.signIn() });
    const session = await fetch(`http://${application.upstream}/nightlatch/session`, { headers: { cookie: incoming.headers.cookie ?? '' } });
    const open = ['/public', '/required'].includes(pathname) || session.ok;
    if (!open) return send('text/html', '<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>');
    const attributes = (pathname === '/required' ? ' data-nightlatch="required"' : '') + application.attributes;
    const html = page(pathname === '/' ? 'Home' : pathname.slice(1), attributes);
    const first = scripts.length ? '<script src="/first.js"></script>' : '';
    send('text/html', html.replace('<script', `${first}<script`), application.headers);
  }

  function passOn(incoming: IncomingMessage, answer: ServerResponse): void {
    const { url: path, method, headers } = incoming;
    const chunks: Buffer[] = [];
    const call: Call = { at: Date.now(), method: method!, route: path!.replace('/nightlatch/', '').split('?')[0]!, headers, body: undefined, status: 0 };
    application.calls.push(call);
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      call.body = body.length ? JSON.parse(String(body)) : undefined;
      const mishap = application.mishap(call);
      if (mishap?.kind === 'lost') return answer.destroy();
      if (mishap?.kind === 'instead') return answer.writeHead((call.status = mishap.status), mishap.headers).end(mishap.body);
      if (mishap?.kind === 'late') return setTimeout(ask, mishap.ms, body); // tidy: sleeps because a slow network is what is played
      ask(body);
    });
    const ask = (body: Buffer) => {
      const [host, port] = application.upstream.split(':');
      const upstream = request({ host, port, path, method, headers }, (response) => {
        call.status = response.statusCode!;
        answer.writeHead(response.statusCode!, response.headers);
        response.pipe(answer);
        response.on('error', () => answer.destroy());
      });
      upstream.on('error', () => answer.destroy());
      answer.on('close', () => upstream.destroy());
      upstream.end(body);
    };
  }

  const application: Application = {
    origin: `http://127.0.0.1:${port}`,
    twin: `http://localhost:${port}`,
    calls: [],
    headers: {},
    scripts: new Map(),
    lag: 0,
    attributes: '',
    upstream: '',
    mishap: () => undefined,
    signIn: () => Promise.reject(new Error('this application signs nobody in')),
    inject: (script) => void scripts.push(`(${script})()`),
    cut(off) {
      isCut = off;
      if (off) for (const socket of sockets) socket.destroy();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return application;
}
