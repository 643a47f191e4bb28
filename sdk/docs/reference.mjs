// Writes the reference of the package's entry points to docs/reference, one page each; with `--check` it writes nothing and
// fails where what is there is not what the sources say.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';

const sdk = new URL('..', import.meta.url).pathname;
const book = new URL('../../docs/reference', import.meta.url).pathname;
const { exports: entries } = JSON.parse(readFileSync(`${sdk}package.json`, 'utf8'));

/** `./dist/types/x.d.ts` is written from src/x.ts or .tsx. */
const entryPoints = Object.values(entries)
  .flatMap(({ types }) => types ?? [])
  .map((types) => `${sdk}${types.replace('./dist/types/', 'src/').replace('.d.ts', '.ts*')}`);

async function write(out) {
  const application = await Application.bootstrapWithPlugins({
    entryPoints,
    out,
    plugin: ['typedoc-plugin-markdown'],
    pageTitleTemplates: { module: ({ name }) => (name === 'index' ? 'nightlatch' : `nightlatch/${name}`) },
    tsconfig: `${sdk}tsconfig.build.json`,
    options: new URL('typedoc.json', import.meta.url).pathname,
  });
  const project = await application.convert();
  if (!project || application.logger.hasErrors()) throw new Error('TypeDoc could not read the sources');
  // What is taken apart in the list of parameters has no name of its own.
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name.startsWith('__')) parameter.name = 'options';
  }
  application.validate(project);
  await application.generateOutputs(project);
  if (application.logger.hasErrors() || application.logger.hasWarnings()) throw new Error('the reference is not complete: see above');
}

const pagesIn = (folder) =>
  new Map(
    readdirSync(folder, { recursive: true })
      .filter((path) => path.endsWith('.md'))
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );

if (process.argv.includes('--check')) {
  const folder = mkdtempSync(join(tmpdir(), 'nightlatch-reference-'));
  await write(folder);
  const [there, wanted] = [pagesIn(book), pagesIn(folder)];
  rmSync(folder, { recursive: true });
  const stale = [...new Set([...there.keys(), ...wanted.keys()])].filter((page) => there.get(page) !== wanted.get(page));
  if (stale.length) {
    console.error(`docs/reference is not what the sources say: ${stale.join(', ')}. npm --prefix sdk run reference, and commit`);
    process.exitCode = 1;
  }
} else await write(book);
