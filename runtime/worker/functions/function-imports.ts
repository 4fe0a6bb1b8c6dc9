import { isBuiltin } from 'node:module';
import { parseSpecifier } from '../../kernel/functions/name.ts';
import { functionOfUrl } from './import-meta.ts';
import type { Packages } from './packages.ts';

/** What imports lead to besides other functions. */
export interface ImportTargets {
  readonly packages: Packages;
  /** What `import … from '@lafjs/cloud'` gets. */
  readonly sdk: unknown;
}

/** What one function's `require()`, `import` statements and `import()` get. */
export class FunctionImports {
  readonly #targets: ImportTargets;
  readonly #name: string;
  readonly #importFunction: (name: string) => unknown;
  /** So that `import()` returns the same namespace each time. */
  readonly #namespaces = new WeakMap<object, object>();

  constructor(targets: ImportTargets, name: string, importFunction: (name: string) => unknown) {
    this.#targets = targets;
    this.#name = name;
    this.#importFunction = importFunction;
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
    return this.#import(id, (specifier) => this.#targets.packages.importNow(specifier));
  }

  /** `import()`: Node's own for packages and URLs. Even what is there already is imported after the code that asked for it. */
  async import(specifier: unknown, options: unknown): Promise<unknown> {
    if (typeof specifier === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
    const id = String(specifier);
    return Promise.resolve().then(() => this.#load(id, options));
  }

  async #load(id: string, options: unknown): Promise<unknown> {
    const { packages } = this.#targets;
    const name = functionOfUrl(id, packages);
    if (name !== undefined) return this.#namespaceOf(this.#importFunction(name));
    if (parseSpecifier(id, this.#name).kind !== 'package') return this.#namespaceOf(this.importNow(id));
    const namespace: unknown = await packages.import(id, options);
    if (!isBuiltin(id)) return namespace;
    // The host gives functions some of Node's modules in a form of their own.
    const own = this.importNow(id);
    return Reflect.get(Object(namespace), 'default') === own ? namespace : this.#namespaceOf(own);
  }

  #import(id: unknown, ofPackage: (id: string) => unknown): unknown {
    if (typeof id !== 'string') throw new TypeError(`require() takes a string, not ${typeof id}`);
    const specifier = parseSpecifier(id, this.#name);
    if (specifier.kind === 'sdk') return this.#targets.sdk;
    if (specifier.kind === 'package') return ofPackage(specifier.id);
    return this.#importFunction(specifier.name);
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

/**
 * What `import` makes of a CommonJS module: its exports by name, and all of them as `default` unless it was
 * compiled from an ES module. What is inherited, as in the SDK, is there as well.
 */
function toNamespace(exports: object): object {
  const namespace: object = Object.create(Object.getPrototypeOf(exports));
  for (const [key, { enumerable = true }] of Object.entries(Object.getOwnPropertyDescriptors(exports))) {
    Object.defineProperty(namespace, key, { enumerable, configurable: true, get: (): unknown => Reflect.get(exports, key) });
  }
  if (!('__esModule' in exports)) Object.defineProperty(namespace, 'default', { enumerable: true, value: exports });
  return namespace;
}
