// Bundles the applications in examples/ with what lies in node_modules here, as their own build tool would.
import { readFileSync } from 'node:fs';
import { compileScript, parse } from 'vue/compiler-sfc';
import { compile } from 'svelte/compiler';
import { build, type Loader, type Plugin } from 'esbuild';

const sdk = new URL('..', import.meta.url).pathname;
export const examples = new URL('../../examples/', import.meta.url).pathname;

/** `nightlatch` and what stands beside it, from the sources. */
const ourselves: Plugin = {
  name: 'nightlatch',
  setup(builder) {
    builder.onResolve({ filter: /^nightlatch(\/|$)/ }, ({ path, kind }) =>
      builder.resolve(path.replace(/^nightlatch\/?/, './src/').replace(/\/$/, '/index'), { resolveDir: sdk, kind }),
    );
  },
};

const components = (filter: RegExp, toScript: (source: string, filename: string) => string, loader: Loader): Plugin => ({
  name: String(filter),
  setup(builder) {
    builder.onLoad({ filter }, ({ path }) => ({ contents: toScript(readFileSync(path, 'utf8'), path), loader }));
  },
});

const vue = (source: string, filename: string) =>
  compileScript(parse(source, { filename }).descriptor, { id: filename, inlineTemplate: true }).content;

const svelte = (source: string, filename: string) => compile(source, { filename, generate: 'client' }).js.code;

/** The files that the application consists of, by their path on its server. */
export async function bundle(example: string, entry: string): Promise<Map<string, { body: string; contentType: string }>> {
  const { outputFiles } = await build({
    entryPoints: [`${examples}${example}/${entry}`],
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    outdir: '/',
    entryNames: '[dir]/app',
    write: false,
    nodePaths: [`${sdk}node_modules`],
    conditions: ['svelte', 'browser', 'production'],
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    plugins: [ourselves, components(/\.vue$/, vue, 'ts'), components(/\.svelte$/, svelte, 'js')],
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path, { body: text, contentType: 'text/javascript' }]));
  const html = readFileSync(`${examples}${example}/index.html`, 'utf8').replace(`/${entry}`, '/app.js');
  return files.set('/', { body: html, contentType: 'text/html' });
}
