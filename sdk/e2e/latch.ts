// The real binary: started on free ports with a store of its own, and asked over its management API.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Policy } from './server.js';

export interface Latch {
  /** Host and port of the browser side; the same after a restart. */
  readonly address: string;
  /** The answer to one call of the management API; throws what it refuses. */
  api(method: string, path: string, body?: unknown): Promise<any>;
  /** Writes the policy into the file that the server follows, and tells it to look. */
  setPolicy(policy: Policy): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops for good and leaves nothing behind. */
  close(): Promise<void>;
}

/** `more` are sections of the configuration, as they are written. */
export async function startLatch(publicUrl: string, policy: Policy, more: string[] = []): Promise<Latch> {
  const binary = process.env['NIGHTLATCH_BIN'];
  if (!binary) throw new Error('NIGHTLATCH_BIN names no server; `cargo xtask test browser` builds one and sets it');
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-e2e-'));
  const file = join(folder, 'latch.toml');
  let [address, management, key] = ['127.0.0.1:0', '127.0.0.1:0', ''];
  let child: ChildProcess;
  let current = policy;

  const write = () =>
    writeFileSync(
      file,
      `[server]\nlisten = "${address}"\npublic_url = "${publicUrl}"\n` +
        `[management]\nlisten = "${management}"\n` +
        `[store]\npath = ${JSON.stringify(join(folder, 'latch.db'))}\n[log]\nlevel = "error"\n` +
        [asToml(current), ...more].join('\n'),
    );

  async function start() {
    write();
    child = spawn(binary!, ['serve', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout! })) {
      address = /^browser side +http:\/\/([^/]+)/.exec(line)?.[1] ?? address;
      // Told once, at the first start.
      key = /^API key +(\S+)/.exec(line)?.[1] ?? key;
      management = /^management +http:\/\/([^/]+)/.exec(line)?.[1] ?? management;
      if (![address, management].some((known) => known.endsWith(':0')) && key) break;
    }
    await until(async () => (await fetch(`http://${management}/readyz`)).ok);
  }

  async function stop() {
    if (child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }

  await start();
  return {
    get address() {
      return address;
    },
    async api(method, path, body) {
      const answer = await fetch(`http://${management}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    setPolicy(next) {
      current = next;
      write();
      child.kill('SIGHUP');
    },
    start,
    stop,
    async close() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const asToml = ({ idle, absolute, warnBefore, onIdle = 'sign-out', holdMax, absent, more = '' }: Policy) =>
  `[policy]\nidle = "${idle}ms"\nabsolute = "${absolute}ms"\nwarn_before = "${warnBefore}ms"\non_idle = "${onIdle}"\n` +
  (holdMax ? `hold_max = "${holdMax}ms"\n` : '') +
  (absent ? `absent = "${absent}"\n` : '') +
  more;

async function until(holds: () => Promise<boolean>) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 25)); // tidy: sleeps because readiness is asked for again and again, a bounded number of times
  }
  throw new Error('the server does not become ready');
}
