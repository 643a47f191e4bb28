import { build, context } from 'esbuild';
import { options } from './build.options.mjs';

if (process.argv.includes('--serve')) {
  const { serve } = await context(options);
  const { hosts, port } = await serve({ servedir: options.outdir, fallback: `${options.outdir}/index.html`, host: '127.0.0.1' });
  console.log(`http://${hosts[0]}:${port}/`);
} else {
  await build(options);
}
