// Prints what each import costs over the wire and fails where it costs more than it may.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const imports = [
  { what: 'core', code: `export { createNightlatch } from './dist/index.js'`, limit: 3800 },
  { what: 'element', code: `import './dist/element.js'`, limit: 2600 },
  { what: 'compat/react-idle-timer', code: `export { useIdleTimer } from './dist/compat/react-idle-timer.js'`, external: ['react'], limit: 4700 },
  { what: 'status', code: `import './dist/status.js'`, limit: 1800 },
  ...['AutoLogout', 'useSession'].map((name) => ({
    what: `react ${name}`,
    code: `export { ${name} } from './dist/react.js'`,
    external: ['react', 'nightlatch', 'nightlatch/element'],
    limit: 600,
  })),
  { what: 'worker', code: `import './dist/worker.js'`, limit: 500 },
  { what: 'rescueForms', code: `export { rescueForms } from './dist/index.js'`, limit: 1500 },
  { what: 'rescue, on demand', code: `export { createKeeper } from './src/rescue/keeper.ts'`, limit: 3000 },
  { what: 'uploadFetch', code: `export { uploadFetch } from './dist/index.js'`, limit: 1500 },
];

/** A file and what it cannot run without. What is loaded on demand is a file of its own and is not counted. */
function neededBy(path, outputs, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { kind, path: other } of outputs[path].imports) {
    if (kind === 'import-statement' && outputs[other]) neededBy(other, outputs, seen);
  }
  return seen;
}

let over = 0;
for (const { what, code, external = [], limit } of imports) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    outdir: 'out',
    // Names as short as they were built: here nothing is cached.
    chunkNames: '[name]',
    write: false,
    metafile: true,
    external,
  });
  const needed = [...neededBy('out/stdin.js', metafile.outputs)];
  const sizes = needed.map((path) => {
    const { contents } = outputFiles.find((file) => file.path === `${root}${path}`);
    return gzipSync(contents, { level: 9 }).length;
  });
  const size = sizes.reduce((sum, one) => sum + one, 0);
  const fits = size <= limit;
  over += fits ? 0 : 1;
  console.log(`${what.padEnd(24)} ${String(size).padStart(5)} B of ${limit} ${fits ? '' : 'OVER'}`);
}
process.exitCode = over ? 1 : 0;
