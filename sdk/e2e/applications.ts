// Applications that know nothing of nightlatch, as their makers publish them: a static documentation site (MkDocs), and a
// server that renders its pages and takes uploads (uploadserver).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort, startProgram, type Program } from './programs.js';

export interface Applications {
  documentation: string;
  uploads: string;
  /** The bytes of a file that has been uploaded, or none. */
  received(name: string): number;
  /** Lets the server that takes uploads stand still, or go on. */
  stall(still: boolean): void;
  close(): Promise<void>;
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

  const serve = async (module: string, directory: string): Promise<[string, Program]> => {
    const port = await reservePort();
    const args = ['-m', module, String(port), '--bind', '127.0.0.1', '--directory', directory];
    return [`http://127.0.0.1:${port}`, await startProgram(python, args, { listens: [port], stdio: 'ignore' })];
  };
  const [documentation, first] = await serve('http.server', built);
  const [uploads, second] = await serve('uploadserver', files);
  return {
    documentation,
    uploads,
    received: (name) => statSync(join(files, name), { throwIfNoEntry: false })?.size ?? 0,
    stall: (still) => void second.process.kill(still ? 'SIGSTOP' : 'SIGCONT'),
    async close() {
      await Promise.all([first.stop(), second.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}
