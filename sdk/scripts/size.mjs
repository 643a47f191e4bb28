// Prints what each entry costs over the wire and fails where it costs more than it may. The aim is 3500, 2500 and 500.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budgets = { index: 5500, element: 3800, worker: 500 };
let over = 0;
for (const [entry, budget] of Object.entries(budgets)) {
  const size = gzipSync(readFileSync(new URL(`../dist/${entry}.js`, import.meta.url)), { level: 9 }).length;
  const fits = size <= budget;
  over += fits ? 0 : 1;
  console.log(`${entry.padEnd(8)} ${String(size).padStart(5)} B of ${budget} ${fits ? '' : 'OVER'}`);
}
process.exitCode = over ? 1 : 0;
