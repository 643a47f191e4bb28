// Builds the npm package into dist/, one file per entry point of package.json, and the files that the server embeds.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { build, transform } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const assets = new URL('../../crates/server/assets/', import.meta.url).pathname;
const { exports: entries, peerDependencies = {} } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

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

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  jsx: 'automatic',
  plugins: [tightStyle],
  external: Object.keys(peerDependencies),
};

/** `./compat/x` is built from src/compat/x.ts (or .tsx) into dist/compat/x.js. */
const outputs = Object.values(entries).flatMap((entry) => entry.default ?? []);
const entryPoints = Object.fromEntries(
  ['./dist/worker.js', ...outputs].map((output) => {
    const name = output.slice('./dist/'.length, -'.js'.length);
    return [name, `./src/${name}`];
  }),
);

/** What the elements load when they need it; named here, so that the name does not change with the content. */
const onDemand = { languages: './src/languages/languages', aside: './src/warning/aside/aside' };

await build({ ...common, entryPoints: { ...entryPoints, ...onDemand }, outdir: 'dist', splitting: true, sourcemap: true });
await build({
  ...common,
  entryPoints: { sdk: 'src/served.ts', worker: 'src/worker.ts' },
  outdir: assets,
  splitting: true,
  chunkNames: 'sdk/[name]-[hash]',
});
