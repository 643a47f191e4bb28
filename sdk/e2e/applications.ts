// Applications that know nothing of nightlatch, as their makers publish them: a static documentation site (MkDocs), and a
// server that renders its pages and takes uploads (uploadserver).
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Applications {
  documentation: string;
  uploads: string;
  /** The bytes of a file that has been uploaded, or none. */
  received(name: string): number;
  /** Lets the server that takes uploads stand still, or go on. */
  stall(still: boolean): void;
  close(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function startApplications(): Promise<Applications> {
  const programs = process.env['NIGHTLATCH_APPLICATIONS'];
  if (!programs) throw new Error('NIGHTLATCH_APPLICATIONS names no programs; `cargo xtask test browser` installs them and sets it');
  const python = join(programs, 'bin/python');
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-applications-'));
  const [source, files] = [join(folder, 'source'), join(folder, 'files')];
  for (const one of [join(source, 'docs'), files]) mkdirSync(one, { recursive: true });
  writeFileSync(join(source, 'mkdocs.yml'), 'site_name: Handbook\nnav: [{ Home: index.md }, { Holidays: holidays.md }]\n');
  writeFileSync(join(source, 'docs/index.md'), '# Handbook\n\nThe safe is behind the painting. [Holidays](holidays.md)\n');
  writeFileSync(join(source, 'docs/holidays.md'), '# Holidays\n\nThirty days.\n');
  const built = join(folder, 'site');
  execFileSync(python, ['-m', 'mkdocs', 'build', '--quiet', '--site-dir', built], { cwd: source });

  const serve = async (module: string, directory: string): Promise<[string, ChildProcess]> => {
    const port = await freePort();
    const child = spawn(python, ['-m', module, String(port), '--bind', '127.0.0.1', '--directory', directory], { stdio: 'ignore' });
    const origin = `http://127.0.0.1:${port}`;
    await answering(origin);
    return [origin, child];
  };
  const [documentation, first] = await serve('http.server', built);
  const [uploads, second] = await serve('uploadserver', files);
  return {
    documentation,
    uploads,
    received: (name) => statSync(join(files, name), { throwIfNoEntry: false })?.size ?? 0,
    stall: (still) => void second.kill(still ? 'SIGSTOP' : 'SIGCONT'),
    async close() {
      second.kill('SIGCONT');
      await Promise.all([first, second].map(stopped));
      rmSync(folder, { recursive: true });
    },
  };
}

async function answering(origin: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const there = await fetch(origin).then(({ ok }) => ok).catch(() => false);
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50)); // tidy: sleeps because readiness is asked for again and again, a bounded number of times
  }
  throw new Error(`${origin} does not answer`);
}

const stopped = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill();
  });
