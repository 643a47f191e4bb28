
import { build } from 'esbuild'; import { gzipSync } from 'node:zlib';
const root='/work/lanes/timing/sdk/'; const internal=/^(deadline|warnAt|reportEvery|ask|retryAt|pause|toldAt|serverAt|doubt|rest|replaced|counts|appeared|pace)$/;
const r=await build({absWorkingDir:root,stdin:{contents:"export { createNightlatch } from './src/nightlatch/nightlatch.ts'",resolveDir:root},bundle:true,splitting:true,format:'esm',target:'es2022',minify:true,mangleProps:internal,charset:'utf8',outdir:'out',chunkNames:'[name]',write:false});
console.log(gzipSync(r.outputFiles.find(f=>f.path.endsWith('stdin.js')).contents,{level:9}).length)
