// Writes the reference of the package's entry points to docs/reference, one page each, and takes away what was there.
import { readFileSync } from 'node:fs';
import { Application, ReflectionKind } from 'typedoc';

const sdk = new URL('..', import.meta.url).pathname;
const { exports: entries } = JSON.parse(readFileSync(`${sdk}package.json`, 'utf8'));

/** `./dist/types/x.d.ts` is written from src/x.ts or .tsx. */
const entryPoints = Object.values(entries)
  .flatMap(({ types }) => types ?? [])
  .map((types) => `${sdk}${types.replace('./dist/types/', 'src/').replace('.d.ts', '.ts*')}`);

const application = await Application.bootstrapWithPlugins({
  entryPoints,
  out: new URL('../../docs/reference', import.meta.url).pathname,
  plugin: ['typedoc-plugin-markdown'],
  pageTitleTemplates: { module: ({ name }) => (name === 'index' ? 'nightlatch' : `nightlatch/${name}`) },
  tsconfig: `${sdk}tsconfig.build.json`,
  options: new URL('typedoc.json', import.meta.url).pathname,
});
const project = await application.convert();
if (!project) throw new Error('TypeDoc could not read the sources');
// What is taken apart in the list of parameters has no name of its own.
for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
  if (parameter.name.startsWith('__')) parameter.name = 'options';
}
application.validate(project);
await application.generateOutputs(project);
process.exitCode = application.logger.hasErrors() || application.logger.hasWarnings() ? 1 : 0;
