// Prints what each import costs over the wire and fails where it costs more than it may.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const imports = [
  { what: 'core', code: `export { createNightlatch } from './dist/index.js'`, limit: 3500 },
  { what: 'element', code: `import './dist/element.js'`, limit: 3800 },
  { what: 'worker', code: `import './dist/worker.js'`, limit: 500 },
];

let over = 0;
for (const { what, code, external = [], limit } of imports) {
  // What is loaded on demand becomes a file of its own and is not counted.
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: new URL('..', import.meta.url).pathname },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    outdir: 'out',
    write: false,
    external,
  });
  const size = gzipSync(outputFiles.find(({ path }) => path.endsWith('stdin.js')).contents, { level: 9 }).length;
  const fits = size <= limit;
  over += fits ? 0 : 1;
  console.log(`${what.padEnd(24)} ${String(size).padStart(5)} B of ${limit} ${fits ? '' : 'OVER'}`);
}
process.exitCode = over ? 1 : 0;
