import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createImport, type ImportCall } from '../../internals/node-module.ts';
import { exportedFile, toPackagePath } from './package-exports.ts';

/** A folder with `node_modules`, as the code in it sees packages. */
export class PackageFolder {
  readonly require: NodeJS.Require;
  readonly #found = new Set<string>();
  /** Node's own `import()`, from this folder. */
  readonly import: ImportCall;

  /** `file` is any file of the folder; it need not be there. */
  constructor(file: string) {
    this.require = createRequire(file);
    this.import = createImport(file);
  }

  /** Whether the package of this specifier is installed, whatever it exports; what names no package is a file's own affair. */
  has(specifier: string): boolean {
    if (this.#found.has(specifier)) return true;
    if (toPackagePath(specifier) && this.#folderOf(specifier) === undefined) return false;
    this.#found.add(specifier);
    return true;
  }

  /** The file that an `import` of this specifier gets. Throws Node's errors. */
  resolveImport(specifier: string): string {
    try {
      return this.#exported(specifier) ?? this.require.resolve(specifier);
    } catch (error) {
      if (codeOf(error) !== 'MODULE_NOT_FOUND') throw error;
      // `require()` and `import` name it differently.
      throw Object.assign(new Error(`Cannot find package '${specifier}'`, { cause: error }), { code: 'ERR_MODULE_NOT_FOUND' });
    }
  }

  /** The file that `require()` gets, else the one that only `import` may have. */
  resolveEither(specifier: string): { readonly file: string; readonly onlyImport: boolean } {
    try {
      return { file: this.require.resolve(specifier), onlyImport: false };
    } catch (error) {
      const file = codeOf(error) === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ? this.#exported(specifier) : undefined;
      if (file === undefined) throw error;
      return { file, onlyImport: true };
    }
  }

  #exported(specifier: string): string | undefined {
    const folder = this.#folderOf(specifier);
    const path = toPackagePath(specifier);
    if (folder === undefined || !path) return undefined;
    const exports = exportsOf(folder);
    const file = exports === undefined ? undefined : exportedFile(exports, path.subpath);
    return file === undefined ? undefined : join(folder, file);
  }

  #folderOf(specifier: string): string | undefined {
    const path = toPackagePath(specifier);
    if (!path) return undefined;
    return this.require.resolve
      .paths(specifier)
      ?.map((modules) => join(modules, path.name))
      .find(isFolder);
  }
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function isFolder(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    // Node's permission model throws for what is out of bounds.
    return false;
  }
}

function exportsOf(folder: string): unknown {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return Reflect.get(Object(manifest), 'exports') ?? undefined;
  } catch {
    return undefined;
  }
}
