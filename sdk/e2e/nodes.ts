// Two nodes on one PostgreSQL, behind a balancer: to a browser they are one server.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { program } from './drivers/program.js';
import { startLatch, type Latch } from './latch.js';
import { reservePort, startProgram, until } from './programs.js';
import type { Policy } from './server.js';

/** Whether a browser stays at one node, or every request goes to the next one. */
export type Routing = 'sticky' | 'scattered';

/** The nodes as one server: what is asked of the management API is asked of the first. */
export async function startNodes(publicUrl: string, policy: Policy, routing: Routing): Promise<Latch> {
  const url = await (await (database ??= startDatabase())).create();
  const first = await startLatch(publicUrl, policy, [], '', { url });
  const second = await startLatch(publicUrl, policy, [], '', { url, key: first.key });
  const nodes = [first, second];
  const balancer = await startBalancer(nodes.map(({ address }) => address), routing);
  return {
    ...first,
    address: balancer.address,
    setPolicy: (next) => nodes.forEach((node) => node.setPolicy(next)),
    async close() {
      await balancer.close();
      for (const node of nodes) await node.close();
    },
  };
}

async function startBalancer(nodes: string[], routing: Routing) {
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-balancer-'));
  const port = await reservePort();
  const servers = nodes.map((address, index) => `  server node${index} ${address} cookie node${index}`);
  const sticks = routing === 'sticky' ? '  cookie NODE insert indirect nocache\n' : '';
  writeFileSync(
    join(folder, 'haproxy.cfg'),
    `defaults\n  mode http\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n` +
      `listen nodes\n  bind 127.0.0.1:${port}\n  balance roundrobin\n${sticks}${servers.join('\n')}\n`,
  );
  const haproxy = await startProgram(program('haproxy'), ['-f', join(folder, 'haproxy.cfg')], { listens: [port], stdio: 'ignore' });
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      await haproxy.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

interface Database {
  /** The address of a database of its own. */
  create(): Promise<string>;
  close(): Promise<void>;
}

/** One server for all scenarios of a file. */
let database: Promise<Database> | undefined;
afterAll(async () => (await database)?.close());

/** It refuses to run as root, so nobody runs it. */
const NOBODY = ['--reuid=nobody', '--regid=nogroup', '--clear-groups'];

async function startDatabase(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-postgres-'));
  const programs = installed();
  const isRoot = process.getuid?.() === 0;
  const asOwner = (name: string, args: string[]): [string, string[]] => {
    const path = join(programs, name);
    return isRoot ? ['setpriv', [...NOBODY, path, ...args]] : [path, args];
  };
  if (isRoot) chownSync(folder, Number(execFileSync('id', ['-u', 'nobody'])), Number(execFileSync('id', ['-g', 'nobody'])));
  const data = join(folder, 'data');
  const [initdb, initdbArgs] = asOwner('initdb', ['-D', data, '-U', 'test', '-A', 'trust', '--no-sync']);
  execFileSync(initdb, initdbArgs, { stdio: 'ignore' });
  const port = await reservePort();
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'];
  const [postgres, postgresArgs] = asOwner('postgres', ['-D', data, '-p', String(port), '-k', folder, ...settings]);
  const server = await startProgram(postgres, postgresArgs, { listens: [port], stdio: 'ignore' });
  const asked = (sql: string) => execFileSync(join(programs, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'test', '-qc', sql, 'postgres'], { stdio: 'ignore' });
  await until('PostgreSQL answers', async () => {
    try {
      asked('SELECT 1');
      return true;
    } catch {
      return false;
    }
  });
  let created = 0;
  return {
    async create() {
      const name = `nodes${(created += 1)}`;
      asked(`CREATE DATABASE ${name}`);
      return `postgresql://test@127.0.0.1:${port}/${name}`;
    },
    async close() {
      // At once: nobody needs what is in it, and to write that takes long.
      server.process.kill('SIGQUIT');
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Where the distribution puts the programs of its newest version. */
function installed(): string {
  const base = '/usr/lib/postgresql';
  const [newest] = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return join(base, newest!, 'bin');
}
