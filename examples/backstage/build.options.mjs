// How the application is bundled; also for the test, which brings packages of its own.
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const options = {
  entryPoints: [here('src/main.tsx'), here('src/style.css'), here('src/index.html')],
  outdir: here('dist'),
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  loader: { '.html': 'copy' },
  define: { 'process.env.NODE_ENV': '"production"' },
};
