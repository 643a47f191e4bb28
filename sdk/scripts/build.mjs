// Builds the npm package into dist/, one file per entry point of package.json, and the files that the server embeds.
// What is `import()`ed becomes a file of its own, loaded when it is needed.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, transform } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const assets = new URL('../../crates/server/assets/', import.meta.url).pathname;
const { exports: entries, peerDependencies = {} } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Property names that never leave a bundle: of the machine's model and between our own parts. */
const internal = /^(deadline|warnAt|reportEvery|asks|retryAt|pause|toldAt|serverAt|doubt|rest|replaced|counts|appeared|pace)$/;

/** Whitespace in a style sheet means nothing; esbuild does not look inside strings. */
const tightStyle = {
  name: 'tight-style',
  setup(builder) {
    builder.onLoad({ filter: /\/style\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const css = /style = `([^`]*)`/.exec(source)[1];
      const { code } = await transform(css, { loader: 'css', minify: true });
      // What stands in `var()` is left as it is.
      const tight = code.trim().replaceAll(', ', ',').replaceAll(': ', ':');
      return { contents: `export const style = ${JSON.stringify(tight)};`, loader: 'js' };
    });
  },
};

/**
 * What one entry point needs of another it imports by its public name, so that a page has one copy of both, and so that
 * bundlers see which of them have side effects.
 */
const byName = {
  name: 'by-name',
  setup(builder) {
    const names = new Map(
      Object.entries(entries).flatMap(([name, { default: output }]) =>
        output ? [[output.replace('./dist/', `${root}src/`), `nightlatch${name.slice(1)}`]] : [],
      ),
    );
    builder.onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir, kind }) => {
      const name = importer && kind === 'import-statement' && names.get(join(resolveDir, path));
      return name ? { path: name, external: true } : undefined;
    });
  },
};

const bundle = (options) =>
  build({
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    mangleProps: internal,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    jsx: 'automatic',
    plugins: [tightStyle],
    external: Object.keys(peerDependencies),
    ...options,
  });

/** `./dist/compat/x.js` is built from src/compat/x.ts or .tsx. */
const outputs = Object.values(entries).flatMap((entry) => entry.default ?? []);
const entryPoints = Object.fromEntries(
  ['./dist/worker.js', ...outputs].map((output) => {
    const name = output.slice('./dist/'.length, -'.js'.length);
    return [name, `./src/${name}`];
  }),
);

/** Loaded on demand; named here, so that the names tell what they are for and do not change with the content. */
const parts = Object.fromEntries(
  ['farewell/farewell', 'frames/frames', 'channel/channel', 'languages/languages', 'warning/aside/aside', 'warning/aside/development/development'].map((path) => [
    `parts/${path.split('/').at(-1)}`,
    `./src/${path}.ts`,
  ]),
);

rmSync(`${root}dist`, { recursive: true, force: true });
rmSync(`${assets}sdk`, { recursive: true, force: true });
for (const name of readdirSync(assets)) if (name.endsWith('.js')) rmSync(assets + name);
await bundle({ entryPoints: { ...entryPoints, ...parts }, outdir: 'dist', sourcemap: true, plugins: [tightStyle, byName] });
// One by one: what the server sends as one script shares nothing with another.
for (const [name, source] of Object.entries({ sdk: 'src/served.ts', worker: 'src/worker.ts', frame: 'src/frame.ts', 'signed-out': 'src/signed-out.ts' })) {
  await bundle({ entryPoints: { [name]: source }, outdir: assets, chunkNames: 'sdk/[name]-[hash]' });
}
