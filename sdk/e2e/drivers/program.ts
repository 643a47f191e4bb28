import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is; fails with the way to get it. */
export function program(name: string): string {
  const found = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)).find(isProgram);
  if (!found) throw new Error(`${name} is missing; \`cargo xtask test browser\` installs what the browser tests need`);
  return found;
}

/** The browser that comes with the WebKitGTK library lies outside the search path. */
export function miniBrowser(): string {
  const libraries = readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder, 'webkit2gtk-4.1/MiniBrowser'));
  return libraries.find(isProgram) ?? program('MiniBrowser');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
