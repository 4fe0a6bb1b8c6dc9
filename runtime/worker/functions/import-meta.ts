import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Packages } from './packages.ts';

/** What a function finds as `import.meta`. */
export interface ImportMeta {
  readonly url: string;
  readonly filename: string;
  readonly dirname: string;
  readonly resolve: (specifier: unknown) => string;
}

/**
 * `import.meta` of a function: as if it were a file of the app's packages folder, so that `createRequire()` finds
 * the app's packages and `new URL()` leads to files beside them.
 */
export function createImportMeta(name: string, packages: Packages): ImportMeta {
  const filename = fileOf(name, packages);
  const url = pathToFileURL(filename).href;
  const resolve = (specifier: unknown): string => {
    const id = String(specifier);
    if (/^\.{0,2}\//.test(id)) return new URL(id, url).href;
    return id.startsWith('@/') ? pathToFileURL(join(packages.dir, id.slice(2))).href : packages.resolveImport(id);
  };
  return Object.assign(Object.create(null), { dirname: dirname(filename), filename, resolve, url });
}

/** The file that a function is as if it stood in. */
export function fileOf(name: string, { dir }: Packages): string {
  return join(dir, `${name}.ts`);
}

/** The function that a URL made with `import.meta` stands for; undefined when a real file is there. */
export function functionOfUrl(url: string, { dir }: Packages): string | undefined {
  if (!url.startsWith(`${pathToFileURL(dir).href}/`) || url.includes('/node_modules/')) return undefined;
  const path = fileURLToPath(url);
  return existsSync(path) ? undefined : path.slice(dir.length + 1);
}
