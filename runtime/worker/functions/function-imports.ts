import { isBuiltin } from 'node:module';
import { inspect } from 'node:util';
import type { ImportCall } from '../../internals/node-module.ts';
import type { Attribution } from '../../kernel/calls/attribution.ts';
import type { FailedImport, FunctionModule } from '../../kernel/functions/module.ts';
import { parseSpecifier } from '../../kernel/functions/name.ts';
import { framesOf, PendingImport, whenLoaded, withFrames } from '../../kernel/functions/pending-import.ts';
import { fileOf, functionOfUrl } from './import-meta.ts';
import type { Packages } from './packages.ts';

/** What imports lead to besides other functions. */
export interface ImportTargets {
  readonly packages: Packages;
  /** What `import … from '@lafjs/cloud'` gets. */
  readonly sdk: unknown;
  readonly attribution: Pick<Attribution, 'importing' | 'mark' | 'unmark'>;
  /** Node's modules that this function gets in a form of its own. */
  readonly own: ReadonlyMap<string, object>;
}

/** What one function's `require()`, `import` statements and `import()` get. */
export class FunctionImports {
  readonly #targets: ImportTargets;
  readonly #importer: Pick<FunctionModule, 'name' | 'revision' | 'mark'>;
  readonly #importFunction: (name: string) => unknown;
  #failed: FailedImport | undefined;
  #nodeImport: ImportCall | undefined;
  /** So that `import()` returns the same namespace each time. */
  readonly #namespaces = new WeakMap<object, object>();

  constructor(
    targets: ImportTargets,
    importer: Pick<FunctionModule, 'name' | 'revision' | 'mark'>,
    importFunction: (name: string) => unknown,
  ) {
    this.#targets = targets;
    this.#importer = importer;
    this.#importFunction = importFunction;
  }

  /** The last import of a package that threw. */
  get failed(): FailedImport | undefined {
    return this.#failed;
  }

  createRequire(): (id: unknown) => unknown {
    const { packages } = this.#targets;
    return Object.assign((id: unknown) => this.#import(id, (specifier) => packages.require(specifier)), {
      resolve: (id: string) => packages.resolve(id),
      cache: Object.create(null),
      main: undefined,
    });
  }

  /** What an `import` statement gets. */
  importNow(id: unknown): unknown {
    try {
      return this.#import(id, (specifier) => this.#targets.packages.importNow(specifier));
    } catch (error) {
      if (error instanceof PendingImport) void this.#blame(error.loaded);
      throw error;
    }
  }

  /** `import()`: Node's own for packages and URLs. */
  async import(specifier: unknown, options: unknown): Promise<unknown> {
    if (typeof specifier === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
    const id = String(specifier);
    const name = functionOfUrl(id, this.#targets.packages);
    if (name !== undefined) return this.#importLater(() => this.#importFunction(name));
    if (parseSpecifier(id, this.#importer.name).kind !== 'package') return this.#importLater(() => this.importNow(id));
    const { attribution } = this.#targets;
    // Called at once: Node's own errors then have the caller's position.
    const namespace: unknown = await attribution.importing(this.#importer.mark, this.#importPackage(id, options));
    if (!isBuiltin(id)) return namespace;
    // The host gives functions some of Node's modules in a form of their own.
    const own = this.importNow(id);
    return Reflect.get(Object(namespace), 'default') === own ? namespace : this.#namespaceOf(own);
  }

  /** Even what is there already is imported after the code that asked for it. */
  async #importLater(load: () => unknown): Promise<unknown> {
    const caller = new Error('The importer');
    await Promise.resolve();
    try {
      return this.#namespaceOf(await whenLoaded(load));
    } catch (error) {
      throw withFrames(error, framesOf(caller));
    }
  }

  #importPackage(id: string, options: unknown): Promise<unknown> {
    const { packages } = this.#targets;
    this.#nodeImport ??= packages.importer(fileOf(this.#importer.name, packages));
    return this.#nodeImport(id, options);
  }

  /** Says who waits for a package; the mark of code whose evaluation has failed is gone. */
  async #blame(loaded: Promise<void>): Promise<void> {
    const { attribution } = this.#targets;
    const mark = attribution.mark(this.#importer.name, this.#importer.revision);
    await attribution.importing(mark, loaded).catch(() => {});
    attribution.unmark(mark);
  }

  #import(id: unknown, ofPackage: (id: string) => unknown): unknown {
    if (typeof id !== 'string') throw notText(id);
    const specifier = parseSpecifier(id, this.#importer.name);
    if (specifier.kind === 'sdk') return this.#targets.sdk;
    if (specifier.kind !== 'package') return this.#importFunction(specifier.name);
    const own = this.#targets.own.get(specifier.id);
    if (own) return own;
    try {
      return ofPackage(specifier.id);
    } catch (thrown) {
      this.#failed = { thrown, stack: String(new Error('The importer').stack) };
      throw thrown;
    }
  }

  #namespaceOf(exports: unknown): unknown {
    if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return { default: exports };
    const known = this.#namespaces.get(exports);
    if (known) return known;
    const namespace = toNamespace(exports);
    this.#namespaces.set(exports, namespace);
    return namespace;
  }
}

function notText(id: unknown): Error {
  const error = new TypeError(`The "id" argument must be of type string. Received ${inspect(id, { depth: 0 })}`);
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

/**
 * What `import` makes of a CommonJS module: its exports by name, and all of them as `default` unless it was
 * compiled from an ES module. What is inherited, as in the SDK, is there as well.
 */
function toNamespace(exports: object): object {
  const namespace: object = Object.create(Object.getPrototypeOf(exports));
  for (const [key, { enumerable = true }] of Object.entries(Object.getOwnPropertyDescriptors(exports))) {
    Object.defineProperty(namespace, key, { enumerable, configurable: true, get: (): unknown => Reflect.get(exports, key) });
  }
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' });
  if (!('__esModule' in exports)) Object.defineProperty(namespace, 'default', { enumerable: true, value: exports });
  return namespace;
}
