import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  beforeEachFile,
  createImport,
  type ImportCall,
  mapRequirePath,
  provideModule,
  redirectRequire,
} from '../../internals/node-module.ts';
import { isSdk } from '../../kernel/functions/name.ts';
import { framesOf, PendingImport, withFrames } from '../../kernel/functions/pending-import.ts';
import { toPackagePath } from './package-exports.ts';
import { PackageFolder, codeOf } from './package-folder.ts';
import { isCompiledName } from './source-positions.ts';

/** Loads npm packages and Node's own modules for functions. */
export interface Packages {
  /** The app's own folder. */
  readonly dir: string;
  /** `require()` of a package: the app's own folder first, then what Hearth brings along. */
  require(id: string): unknown;
  resolve(id: string): string;
  /**
   * What an `import` statement gets: as `require()`, and ES modules that `require()` refuses. Throws `PendingImport`
   * while one with top-level `await` is loading.
   */
  importNow(id: string): unknown;
  /** Node's `import()` as a file of the app's folder has it. */
  importer(filename: string): ImportCall;
  /** Lets `createRequire()` of this file, which need not be there, reach what `require` does, until the returned function is called. */
  serve(filename: string, require: (id: string) => unknown): () => void;
  /** Node's `import.meta.resolve()`, from the app's folder. */
  resolveImport(specifier: string): string;
}

/**
 * Packages from `dir/node_modules`, then from Hearth's own dependencies. The SDK is there under its
 * names for packages too: those written for Laf require it themselves. `onLoad` is called before each
 * file of a package is evaluated.
 */
export function createPackages(dir: string, sdk: unknown, onLoad: () => void): Packages {
  const packages = new FunctionPackages(dir, onLoad);
  provideSdk(sdk);
  provideObjectId(createRequire(import.meta.url));
  beforeEachFile(onLoad);
  return packages;
}

/** Its classes are those of the driver's values, which `require()` loads; those of its ES module are others. */
const ofDriver = 'bson';

class FunctionPackages implements Packages {
  readonly dir: string;
  readonly #app: PackageFolder;
  readonly #host = new PackageFolder(fileURLToPath(import.meta.url));
  readonly #onLoad: () => void;
  /** By file: what `import` statements get of ES modules that only load asynchronously. */
  readonly #loaded = new Map<string, { readonly exports: unknown } | { readonly thrown: unknown }>();
  /** By file: what `createRequire()` of it reaches; the last is the newest revision's. */
  readonly #served = new Map<string, readonly ((id: string) => unknown)[]>();

  constructor(dir: string, onLoad: () => void) {
    this.dir = dir;
    this.#onLoad = onLoad;
    const manifest = join(dir, 'package.json');
    this.#app = new PackageFolder(manifest);
    // Loggers look for their transports from the files that they find on the stack.
    mapRequirePath((from) => (typeof from === 'string' && isCompiledName(from) ? manifest : from));
    redirectRequire((id, from) => {
      const served = from === undefined ? undefined : this.#served.get(from)?.at(-1);
      return served && !isFile(id, from) ? served : undefined;
    });
  }

  require(id: string): unknown {
    const loaded: unknown = this.#picked(id).require(id);
    return loaded;
  }

  resolve(id: string): string {
    return this.#picked(id).require.resolve(id);
  }

  importNow(id: string): unknown {
    if (isBuiltin(id)) return this.require(id);
    const folder = this.#picked(id);
    const { file, onlyImport } = folder.resolveEither(id);
    const known = this.#loaded.get(file);
    if (known && 'thrown' in known) throw withFrames(known.thrown, framesOf(new Error('The importer')));
    if (known) return known.exports;
    try {
      const loaded: unknown = folder.require(onlyImport ? file : id);
      return loaded;
    } catch (error) {
      if (codeOf(error) !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
      throw new PendingImport(id, this.#load(folder, file));
    }
  }

  importer(filename: string): ImportCall {
    const fromApp = createImport(filename);
    return async (specifier, options) => {
      this.#onLoad();
      const folder = this.#pick(specifier, (id) => notImported(id, filename));
      if (folder === this.#app) return fromApp(specifier, options);
      return this.#host.import(specifier === ofDriver ? pathToFileURL(this.#host.require.resolve(ofDriver)).href : specifier, options);
    };
  }

  serve(filename: string, require: (id: string) => unknown): () => void {
    const served = this.#served.get(filename) ?? [];
    this.#served.set(filename, [...served, require]);
    return () => {
      const rest = this.#served.get(filename)?.filter((one) => one !== require) ?? [];
      if (rest.length > 0) this.#served.set(filename, rest);
      else this.#served.delete(filename);
    };
  }

  resolveImport(specifier: string): string {
    if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
    if (URL.canParse(specifier)) return new URL(specifier).href;
    const folder = this.#pick(specifier, (id) => notImported(id, this.dir));
    return pathToFileURL(folder.resolveImport(specifier)).href;
  }

  async #load(folder: PackageFolder, file: string): Promise<void> {
    try {
      const namespace = await folder.import(pathToFileURL(file).href);
      this.#loaded.set(file, { exports: toRequired(Object(namespace)) });
    } catch (thrown) {
      // Thrown again where it is imported next. Node does not evaluate the file again either.
      this.#loaded.set(file, { thrown });
      throw thrown;
    }
  }

  /** Whose copy an import gets; throws what `missing` makes when nobody has one. */
  #pick(id: string, missing: (id: string) => Error): PackageFolder {
    if (isBuiltin(id) || isSdk(id) || this.#app.has(id)) return this.#app;
    if (this.#host.has(id)) return this.#host;
    // Node must not look for it: it would remember for good that there is no package.json.
    throw missing(id);
  }

  #picked(id: string): PackageFolder {
    return this.#pick(id, () => {
      const file = join(this.dir, 'package.json');
      const error = new Error(`Cannot find module '${id}'\nRequire stack:\n- ${file}`);
      return Object.assign(error, { code: 'MODULE_NOT_FOUND', requireStack: [file] });
    });
  }
}

/** Node's error for `import`, which `require()` words differently. */
function notImported(specifier: string, from: string): Error {
  return Object.assign(new Error(`Cannot find package '${toPackagePath(specifier)?.name}' imported from ${from}`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
}

/** Whether a path that a file requires leads to another file. */
function isFile(id: string, from: string | undefined): boolean {
  if (from === undefined || !/^\.{0,2}\//.test(id)) return false;
  try {
    return createRequire(from).resolve(id) !== '';
  } catch {
    return false;
  }
}

/** An ES module in the form in which Node's `require()` returns one. */
function toRequired(namespace: object): unknown {
  if ('module.exports' in namespace) return namespace['module.exports'];
  const required: object = Object.create(null);
  for (const key of Object.keys(namespace)) {
    Object.defineProperty(required, key, { enumerable: true, get: (): unknown => Reflect.get(namespace, key) });
  }
  if ('default' in namespace) Object.defineProperty(required, '__esModule', { value: true });
  return required;
}

/** Laf's functions use `ObjectId` without an import; it is loaded when the first one does. */
function provideObjectId(host: NodeJS.Require): void {
  Object.defineProperty(globalThis, 'ObjectId', {
    configurable: true,
    get: (): unknown => {
      const bson: unknown = host('bson');
      const value: unknown = Reflect.get(Object(bson), 'ObjectId');
      Object.defineProperty(globalThis, 'ObjectId', { value, writable: true, configurable: true });
      return value;
    },
    set: (value: unknown) => {
      Object.defineProperty(globalThis, 'ObjectId', { value, writable: true, configurable: true });
    },
  });
}

function provideSdk(sdk: unknown): void {
  provideModule(isSdk, sdk);
  // The real @lafjs/cloud, when a package brings it, asks this for its implementation.
  Reflect.set(globalThis, 'createCloudSdk', () => Reflect.get(Object(sdk), 'default'));
}
