// Packs the package as it would be published, and looks at it as those who install it do: what publint and attw say of it,
// whether every entry point can be imported where there is no window, has types and names no `any`, and whether every
// source map has its sources.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sdk = new URL('..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'nightlatch-package-'));
const { name, exports: entries, peerDependencies = {} } = JSON.parse(readFileSync(`${sdk}package.json`, 'utf8'));
const complaints = [];

/** What the program prints, or a complaint. */
function run(what, program, args, options = {}) {
  try {
    return execFileSync(program, args, { cwd: sdk, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
  } catch ({ message, stdout, stderr }) {
    complaints.push(`${what}: ${[message, stdout, stderr].filter(Boolean).join('\n')}`);
    return '';
  }
}

const bin = (program) => join(sdk, 'node_modules/.bin', program);

const [{ filename, files = [] } = {}] = JSON.parse(run('npm pack', 'npm', ['pack', '--json', '--pack-destination', folder]) || '[]');
const tarball = join(folder, filename ?? '');
run('publint', bin('publint'), ['run', tarball, '--strict']);
// A worker is started, not imported: it has no types.
run('attw', bin('attw'), [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './worker.js']);

// Installed, beside what it may be used with.
const modules = join(folder, 'node_modules');
const installed = join(modules, name);
mkdirSync(installed, { recursive: true });
run('tar', 'tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
mkdirSync(join(modules, '@types'));
for (const peer of Object.keys(peerDependencies).flatMap((peer) => [peer, `@types/${peer}`])) {
  if (existsSync(join(sdk, 'node_modules', peer))) symlinkSync(join(sdk, 'node_modules', peer), join(modules, peer));
}

for (const wanted of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'package.json']) {
  if (!files.some(({ path }) => path === wanted)) complaints.push(`${wanted} is missing`);
}
for (const { path } of files) {
  if (/\.test\.|^(src|test|e2e|scripts)\//.test(path)) complaints.push(`${path} should not be published`);
}

const paths = readdirSync(installed, { recursive: true });
for (const path of paths.filter((path) => path.endsWith('.js'))) {
  const map = `${path}.map`;
  const { sources, sourcesContent } = paths.includes(map) ? JSON.parse(readFileSync(join(installed, map), 'utf8')) : {};
  if (!sources || sources.length !== sourcesContent?.filter(Boolean).length) {
    complaints.push(`${path} has no source map with its sources`);
  }
}

// Pages start it as a classic script.
if (/\bimport\b/.test(readFileSync(join(installed, 'dist/worker.js'), 'utf8'))) complaints.push('dist/worker.js does not stand alone');

const withoutWords = (text) => text.replace(/\/\*.*?\*\/|\/\/.*?$/gms, '').replace(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g, "''");
for (const path of paths.filter((path) => path.endsWith('.d.ts'))) {
  if (/\bany\b/.test(withoutWords(readFileSync(join(installed, path), 'utf8')))) complaints.push(`${path} names \`any\``);
}

// What has no types is a script for a page or a worker, and not imported.
const named = Object.keys(entries).filter((entry) => entries[entry].types);
for (const entry of named) {
  const specifier = name + entry.slice(1);
  const code = `if (globalThis.window) throw 'a window'; await import('${specifier}'); process.exit()`;
  run(`import '${specifier}'`, process.execPath, ['--input-type=module', '--eval', code], { cwd: folder });
}

writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
writeFileSync(join(folder, 'all.ts'), named.map((entry, i) => `export * as _${i} from '${name}${entry.slice(1)}';\n`).join(''));
const strict = '--strict --exactOptionalPropertyTypes --noEmit --skipLibCheck false --target es2022 --lib es2023,dom,dom.iterable';
for (const module of ['nodenext', 'esnext']) {
  const how = ['--module', module, '--moduleResolution', module === 'esnext' ? 'bundler' : module];
  run(`types (${module})`, bin('tsc'), [...strict.split(' '), ...how, 'all.ts'], { cwd: folder });
}

rmSync(folder, { recursive: true });
for (const complaint of complaints) console.error(complaint);
console.log(`the package: ${files.length} files, ${named.length} entry points, ${complaints.length} complaints`);
process.exitCode = complaints.length ? 1 : 0;
