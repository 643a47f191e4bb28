// The set-ups of docs/gateways.md and docs/proxy.md: each proxy with what `nightlatch gateway` prints for it, nightlatch's own, and
// both in a row.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './drivers/program.js';
import { startLatch, type Latch } from './latch.js';
import { reservePort, startProgram, until, type Program } from './programs.js';
import type { Policy } from './server.js';

export interface Gateway {
  origin: string;
  latch: Latch;
  close(): Promise<void>;
}

/** A proxy: which files are printed for it, and what it is started with; `{}` is the directory with the files. */
interface Proxy {
  prints: Record<string, string[]>;
  starts: string[];
}

const proxies: Record<string, Proxy> = {
  nginx: { prints: { 'nginx.conf': ['nginx'] }, starts: ['nginx', '-p', '{}', '-c', '{}/nginx.conf'] },
  Caddy: { prints: { Caddyfile: ['caddy'] }, starts: ['caddy', 'run', '--config', '{}/Caddyfile', '--adapter', 'caddyfile'] },
  HAProxy: {
    prints: { 'nightlatch.lua': ['haproxy', '--lua'], 'haproxy.cfg': ['haproxy', '--lua-file', '{}/nightlatch.lua'] },
    starts: ['haproxy', '-f', '{}/haproxy.cfg'],
  },
  Envoy: { prints: { 'envoy.yaml': ['envoy'] }, starts: ['envoy', '-c', '{}/envoy.yaml', '--concurrency', '1', '--disable-hot-restart'] },
  Traefik: {
    prints: { 'nightlatch.yaml': ['traefik'], 'traefik.yaml': ['traefik', '--static', '--dynamic-file', '{}/nightlatch.yaml'] },
    starts: ['traefik', '--configFile={}/traefik.yaml'],
  },
  Apache: { prints: { 'apache.conf': ['apache'] }, starts: ['apache2', '-d', '{}', '-f', '{}/apache.conf', '-D', 'FOREGROUND'] },
};

export const setUps = [...Object.keys(proxies), "nightlatch's own", 'both in a row'];

/** Starts one of the set-ups in front of `application`, and nightlatch with it. */
export async function startGateway(name: string, policy: Policy, application: string): Promise<Gateway> {
  const [front, own, fastcgi] = [await reservePort(), await reservePort(), await reservePort()];
  const origin = `http://127.0.0.1:${front}`;
  const isBehind = name === 'both in a row';
  const isOwn = isBehind || !(name in proxies);
  const site = `[[sites]]\nhost = "127.0.0.1:${front}"\napplication = "wiki"\nopen = ["/assets/**", "/favicon.ico"]\n`;
  const proxy = `[proxy]\nlisten = "127.0.0.1:${isBehind ? own : front}"\ntrusted_proxies = ["127.0.0.1"]\n`;
  const more = isOwn ? [proxy, `${site}upstream = "${application}"\n`] : [`[gateway.fastcgi]\nlisten = "127.0.0.1:${fastcgi}"\n`, site];
  const latch = await startLatch(origin, policy, more, 'sign_in_url = "/sign-in"\n');
  const directory = mkdtempSync(join(tmpdir(), 'nightlatch-gateway-'));
  const placed = (text: string) => text.replaceAll('{}', directory);
  let started: Program | undefined;
  if (isBehind) {
    writeFileSync(join(directory, 'nginx.conf'), inFront(directory, front, own));
    started = await startProgram(program('nginx'), ['-p', directory, '-c', `${directory}/nginx.conf`], { listens: [front], stdio: 'ignore' });
  } else if (!isOwn) {
    const { prints, starts } = proxies[name]!;
    for (const [file, args] of Object.entries(prints)) {
      const common = ['--config', latch.config, '--upstream', application, '--standalone', directory];
      writeFileSync(join(directory, file), execFileSync(process.env['NIGHTLATCH_BIN']!, ['gateway', ...args.map(placed), ...common]));
    }
    const env = { ...process.env, HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory };
    const [command, ...args] = starts.map(placed);
    started = await startProgram(program(command!), args, { listens: [front], stdio: 'ignore', env });
  }
  // Some listen before they have read which routes there are.
  await until(`${name} serves`, () => fetch(`${origin}/nightlatch/session`).then(({ status }) => status === 401, () => false));
  return {
    origin,
    latch,
    async close() {
      await started?.stop();
      await latch.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The block of docs/gateways.md for a proxy in front of ours, with what it needs around it. */
function inFront(directory: string, front: number, own: number): string {
  const document = readFileSync(new URL('../../docs/gateways.md', import.meta.url), 'utf8');
  const [, location] = /```nginx\n([^]*?)```/.exec(document) ?? [];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${directory}/${of};`).join(' ');
  return `daemon off; pid ${directory}/nginx.pid; error_log stderr warn; events {}
http {
  access_log off; ${temporary}
  map $http_upgrade $connection_upgrade { "" ""; default upgrade; }
  server { listen 127.0.0.1:${front}; ${location!.replace('127.0.0.1:8080', `127.0.0.1:${own}`)} }
}`;
}
