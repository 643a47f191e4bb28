// A small application in front of the server: pages of its own, and everything below /nightlatch/ passed through and noted.
// Between the browser and the server it can do what networks do.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { page } from '../test/pages.js';
import { witness } from './witness.js';

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
  /** Runs in every page before anything else; has to stand alone, and needs pages that allow inline scripts. */
  inject(script: () => void): void;
  /** Attributes of the root element of every page. */
  attributes: string;
  /** Takes the wire away: what is underway breaks, and nothing gets through until it is back. */
  cut(off: boolean): void;
  close(): Promise<void>;
}

const built = [new URL('../../crates/server/assets/', import.meta.url), new URL('../dist/', import.meta.url)];

/** What the build of the SDK left; served from here so that a change to the SDK needs no new server. */
function asset(name: string): string | undefined {
  const file = /^(?:sdk|worker|frame)\.js$|^sdk\/[\w.-]+\.js$/.test(name) && built.map((folder) => new URL(name, folder)).find(existsSync);
  return file ? readFileSync(file, 'utf8') : undefined;
}

const framePage = (script: boolean) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Frame</title>
${script ? '<script type="module" src="/nightlatch/frame.js"></script>' : ''}</head><body><input aria-label="Inside"></body></html>`;

export async function startApplication(): Promise<Application> {
  const injected: string[] = [`(${witness})()`];
  const sockets = new Set<Socket>();
  let isCut = false;

  const server = createServer((incoming, answer) => void respond(incoming, answer).catch(() => answer.destroy()));
  server.on('connection', (socket) => {
    if (isCut) return socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function respond(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname } = new URL(incoming.url!, application.origin);
    const send = (type: string, body: string, headers = {}) => void answer.writeHead(200, { 'content-type': type, ...headers }).end(body);
    if (pathname.startsWith('/nightlatch/')) {
      const script = asset(pathname.slice('/nightlatch/'.length));
      return script === undefined ? passOn(incoming, answer) : send('text/javascript', script);
    }
    if (pathname === '/witness.js') return send('text/javascript', injected.join(';\n'));
    if (pathname === '/page.css') return send('text/css', 'body{font:1rem system-ui;margin:2rem}#tall{margin-top:200vh}');
    if (pathname === '/blank' || pathname === '/favicon.ico') return send('text/html', '<!doctype html><title>Blank</title>');
    if (pathname === '/frame' || pathname === '/bare-frame') return send('text/html', framePage(pathname === '/frame'));
    const session = await fetch(`http://${application.upstream}/nightlatch/session`, { headers: { cookie: incoming.headers.cookie ?? '' } });
    const open = ['/public', '/required'].includes(pathname) || session.ok;
    if (!open) return send('text/html', '<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>');
    const attributes = (pathname === '/required' ? ' data-nightlatch="required"' : '') + application.attributes;
    const html = page(pathname === '/' ? 'Home' : pathname.slice(1), attributes);
    send('text/html', html.replace('<script', '<script src="/witness.js"></script><script'), { 'cache-control': 'no-store', ...application.headers });
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
    attributes: '',
    upstream: '',
    mishap: () => undefined,
    inject: (script) => void injected.push(`(${script})()`),
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
