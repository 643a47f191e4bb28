// Prints what each entry costs over the wire and fails where it costs more than was agreed.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budgets = { index: 3500, element: 2500, worker: 500 };
let over = 0;
for (const [entry, budget] of Object.entries(budgets)) {
  const size = gzipSync(readFileSync(new URL(`../dist/${entry}.js`, import.meta.url)), { level: 9 }).length;
  const fits = size <= budget;
  over += fits ? 0 : 1;
  console.log(`${entry.padEnd(8)} ${String(size).padStart(5)} B of ${budget} ${fits ? '' : 'OVER'}`);
}
process.exitCode = over ? 1 : 0;
