import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('No name that the server knows is shortened in a bundle', () => {
  const [, names] = /const internal = \/\^\((.*)\)\$\/;/.exec(read('../../scripts/build.mjs'))!;
  const shortened = names!.split('|');
  const wire = [read('./lifetime.ts'), read('../call/call.ts')].flatMap((text) => [...text.matchAll(/^  (\w+)\??:/gm)].map(([, name]) => name!));
  expect(wire).toContain('ask');
  expect(wire).toContain('ended_at');
  expect(shortened.filter((name) => wire.includes(name))).toEqual([]);
});
