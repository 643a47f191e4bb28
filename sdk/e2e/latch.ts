// The real binary: started on free ports with a store of its own, and asked over its management API.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort, startProgram, until, type Program } from './programs.js';
import type { Policy } from './server.js';

export interface Latch {
  /** Host and port of the browser side; the same after a restart. */
  readonly address: string;
  /** The file with its configuration. */
  readonly config: string;
  /** Opens its management API. */
  readonly key: string;
  /** The answer to one call of the management API; throws what it refuses. */
  api(method: string, path: string, body?: unknown): Promise<any>;
  /** Writes the policy into the file that the server follows, and tells it to look. */
  setPolicy(policy: Policy): void;
  stop(): Promise<void>;
  /** It is gone at once, and what it did not write down is lost. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops for good and leaves nothing behind. */
  close(): Promise<void>;
}

/** Where several servers share a store: its address, and the key that the first of them has told. */
export interface Shared {
  url: string;
  key?: string;
}

/** `more` are sections of the configuration, and `keys` those of its section `[server]`, as they are written. */
export async function startLatch(publicUrl: string, policy: Policy, more: string[] = [], keys = '', shared?: Shared): Promise<Latch> {
  const binary = process.env['NIGHTLATCH_BIN'];
  if (!binary) throw new Error('NIGHTLATCH_BIN names no server; `cargo xtask test browser` builds one and sets it');
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-e2e-'));
  const file = join(folder, 'latch.toml');
  const ports = [await reservePort(), await reservePort()];
  const [address, management] = ports.map((port) => `127.0.0.1:${port}`);
  let key = shared?.key ?? '';
  const store = shared ? `kind = "postgres"\nurl = "${shared.url}"` : `path = ${JSON.stringify(join(folder, 'latch.db'))}`;
  let server: Program;
  let current = policy;

  const write = () =>
    writeFileSync(
      file,
      `[server]\nlisten = "${address}"\npublic_url = "${publicUrl}"\n${keys}` +
        `[management]\nlisten = "${management}"\n` +
        `[store]\n${store}\n[log]\nlevel = "error"\n` +
        [asToml(current), ...more].join('\n'),
    );

  async function start() {
    write();
    server = await startProgram(binary!, ['serve', '--config', file], { listens: ports });
    // Told once, at the first start.
    key ||= await server.told(/^API key +(\S+)/m);
    await until('the server is ready', () => fetch(`http://${management}/readyz`).then(({ ok }) => ok));
  }

  await start();
  return {
    address: address!,
    config: file,
    key,
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
      server.process.kill('SIGHUP');
    },
    start,
    stop: () => server.stop(),
    kill: () => server.kill(),
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const asToml = ({ idle, absolute, warnBefore, onIdle = 'sign-out', holdMax, absent, more = '' }: Policy) =>
  `[policy]\nidle = "${idle}ms"\nabsolute = "${absolute}ms"\nwarn_before = "${warnBefore}ms"\non_idle = "${onIdle}"\n` +
  (holdMax ? `hold_max = "${holdMax}ms"\n` : '') +
  (absent ? `absent = "${absent}"\n` : '') +
  more;
