import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The oldest React that is supported and the newest, each in its own folder of packages. */
export const versions = { 18: `${root}test/react-18/node_modules/`, 19: `${root}node_modules/` } as const;
export type Version = keyof typeof versions;

/** One script made of a few lines of source, with one version of React and its warnings. */
export async function bundle(version: Version, contents: string, platform: 'browser' | 'node' = 'browser'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader: 'tsx', resolveDir: `${root}e2e` },
    bundle: true,
    write: false,
    format: 'esm',
    platform,
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { react: `${versions[version]}react`, 'react-dom': `${versions[version]}react-dom` },
    // React on Node is CommonJS and asks for streams and the like.
    ...(platform === 'node' && { banner: { js: `import { createRequire } from 'node:module'; const require = createRequire('file://${root}');` } }),
  });
  return outputFiles[0]!.text;
}

/** What a script exports as `result`, as Node sees it, which has no window. */
export async function evaluateOnServer(script: string): Promise<any> {
  const file = join(mkdtempSync(join(tmpdir(), 'nightlatch-react-')), 'server.mjs');
  writeFileSync(file, script);
  try {
    return (await import(/* @vite-ignore */ file)).result;
  } finally {
    rmSync(dirname(file), { recursive: true });
  }
}
