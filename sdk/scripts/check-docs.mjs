// Checks what the documents say in code: every block marked `ts` or `tsx` compiles against the sources, and so do the
// examples; docs/theming.md knows every custom property, docs/privacy.md what tabs tell each other and what is asked of the
// server by name. A block sees what those before it import, and if it makes no `nightlatch` of its own it is given one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const sdk = new URL('..', import.meta.url).pathname;
const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'nightlatch-docs-'));
const complaints = [];

const filesIn = (path, kind) =>
  readdirSync(root + path, { recursive: true })
    .filter((name) => kind.test(name) && !name.includes('node_modules') && !name.startsWith('reference/'))
    .map((name) => join(root, path, name));

const documents = [join(sdk, 'README.md'), join(root, 'README.md'), ...filesIn('docs', /\.md$/), ...filesIn('examples', /\.md$/)];
const blocks = new Map();
for (const path of documents) {
  const text = readFileSync(path, 'utf8');
  const imported = new Map([['nightlatch', "declare const nightlatch: import('nightlatch').Nightlatch;"]]);
  for (const { 1: language, 2: code, index } of text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)) {
    const line = text.slice(0, index).split('\n').length + 1;
    const imports = [...code.matchAll(/^import \{ ([^}]+) \} from '([^']+)';$/gm)].flatMap(([, names, from]) =>
      names.split(', ').map((name) => [name, `import { ${name} } from '${from}';`]),
    );
    const own = new Set(imports.map(([name]) => name));
    const given = [...imported].filter(([name]) => !own.has(name) && !new RegExp(`\\b(const|function) ${name}\\b`).test(code));
    const file = `${relative(root, path).replaceAll('/', '-')}-${line}.${language}`;
    // On the line on which it stands in the document, so that a complaint says where.
    const before = given.map(([, statement]) => statement).join(' ');
    writeFileSync(join(folder, file), `${before} export {};${'\n'.repeat(line - 1)}${code}`);
    blocks.set(file, relative(root, path));
    for (const [name, statement] of imports) imported.set(name, statement);
  }
}

const modules = `${sdk}node_modules`;
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: `${sdk}tsconfig.json`,
    compilerOptions: {
      jsx: 'react-jsx',
      // For what a document says about tests.
      types: [`${modules}/vitest/globals`],
      // What a reader's own code may leave unused, and what only a bundler has.
      noUnusedLocals: false,
      noUnusedParameters: false,
      verbatimModuleSyntax: false,
      paths: {
        nightlatch: [`${sdk}src/index.ts`],
        'nightlatch/*': [`${sdk}src/*.ts`, `${sdk}src/*.tsx`],
        'react/*': [`${modules}/@types/react/*`],
        'react-dom/*': [`${modules}/@types/react-dom/*`],
        '*': [`${modules}/@types/*`, `${modules}/*`],
      },
    },
    include: ['*.ts', '*.tsx'],
    files: filesIn('examples', /^(react|vue|svelte)\/src\/.*\.tsx?$/),
  }),
);
writeFileSync(join(folder, 'components.d.ts'), "declare module '*.vue';\ndeclare module '*.svelte';\n");
const { stdout, status } = spawnSync(`${modules}/.bin/tsc`, ['-p', folder, '--pretty', 'false'], { encoding: 'utf8', cwd: folder });
for (const line of status ? stdout.split('\n').filter(Boolean) : []) {
  const [, file, at] = /^([\w.-]+)\((\d+)/.exec(line) ?? [];
  complaints.push(blocks.has(file) ? `${blocks.get(file)}:${at}: ${line.replace(/^.*?: /, '')}` : line);
}
rmSync(folder, { recursive: true });

const sources = filesIn('sdk/src', /(?<!\.test)\.tsx?$/).map((path) => readFileSync(path, 'utf8')).join('\n');
/** Every first group of the pattern in the sources stands in the document, as code or at its beginning. */
function knows(document, pattern, toCode = (found) => found) {
  const text = readFileSync(join(root, document), 'utf8');
  const wanted = new Set([...sources.matchAll(pattern)].map(([, ...found]) => toCode(...found)));
  if (!wanted.size) complaints.push(`${document}: nothing in the sources is like ${pattern}`);
  for (const code of wanted) if (!text.includes(`\`${code}`)) complaints.push(`${document} does not know \`${code}\``);
}
knows('docs/theming.md', /var\((--nightlatch-[\w-]+)/g, (property) => `${property}\``);
knows('docs/privacy.md', /\b(?:say|postMessage)\([`'](\w+)/g);
knows('docs/privacy.md', /\brequest\('(\w+)', [`']([\w-]+)/g, (method, path) => `${method} ${path}`);

for (const complaint of complaints) console.error(complaint);
console.log(`the documents: ${blocks.size} blocks of code, ${complaints.length} complaints`);
process.exitCode = complaints.length ? 1 : 0;
