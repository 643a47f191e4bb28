// Builds the npm package into dist/ and the two files that the server embeds.
import { build } from 'esbuild';

const assets = new URL('../../crates/server/assets/', import.meta.url).pathname;
const common = {
  absWorkingDir: new URL('..', import.meta.url).pathname,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
};

/** Whitespace in the style sheet means nothing; esbuild does not look inside strings. */
const tightStyle = {
  name: 'tight-style',
  setup(builder) {
    builder.onLoad({ filter: /warning\/style\.ts$/ }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises');
      const { transform } = await import('esbuild');
      const source = await readFile(path, 'utf8');
      const css = /style = `([^`]*)`/.exec(source)[1];
      const { code } = await transform(css, { loader: 'css', minify: true });
      return { contents: `export const style = ${JSON.stringify(code.trim())};`, loader: 'js' };
    });
  },
};

await build({
  ...common,
  plugins: [tightStyle],
  entryPoints: ['src/index.ts', 'src/element.ts', 'src/worker.ts'],
  outdir: 'dist',
  sourcemap: true,
});
await build({ ...common, plugins: [tightStyle], entryPoints: { sdk: 'src/served.ts', worker: 'src/worker.ts' }, outdir: assets });
