import { HearthError } from '../errors.ts';
import type { BuiltFunction } from './revision.ts';

/** What functions export: takes a context; the trigger decides what becomes of the result. */
export type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** An import that threw. The stack is the importer's: what a package throws need not have one. */
export interface FailedImport {
  readonly thrown: unknown;
  readonly stack: string;
}

/** Evaluated code. Made by the worker's loader; the kernel only orders when it runs and ends. */
export interface ModuleInstance {
  /** `module.exports`; may be read while `evaluate()` runs, as circular imports do. */
  readonly exports: unknown;
  /** Runs the top-level code; throws what that throws. Called once. */
  evaluate(): void;
  /** What the import of a package threw last, with the stack of that import. */
  readonly failedImport?: FailedImport | undefined;
  /** Its revision is live: what it holds back may begin. Called once, when what it replaces is disposed of. */
  accept(): void;
  /** Ends what the code has started by itself. Calls keep what is theirs. */
  dispose(): void;
}

/** Makes an instance of a function's code, not yet evaluated. */
export type Instantiate = (module: FunctionModule, realm: Realm) => ModuleInstance;

/** Where the imports of a module are resolved. */
export interface Realm {
  /** The exports of what `importer` imports, evaluated if need be; throws `FUNCTION_MISSING`. */
  importFunction(importer: FunctionModule, name: string): unknown;
  /** Called before the code of a module runs for the first time, and when it has loaded. */
  evaluating(module: FunctionModule): void;
  evaluated(module: FunctionModule): void;
  /** Whether what is evaluated here may still be refused. */
  readonly isStaged: boolean;
  /** Called when the evaluation of a module failed: what had imported it half-made is dropped. */
  evaluationFailed(module: FunctionModule, thrown: unknown, failedImport?: FailedImport): void;
}

/** A function at a revision, with its instance once its code was needed. */
export class FunctionModule {
  readonly built: BuiltFunction;
  /** Names of the functions that this one has imported or tried to. */
  readonly imports = new Set<string>();
  /** Stands for the evaluated code where a number has to; set by the loader that evaluates it, 0 until then. */
  mark = 0;
  /** Names of the functions that imported this one while its code ran, and so hold half-made exports. */
  readonly earlyImporters = new Set<string>();
  #revision: number;
  #methods: ReadonlySet<string> | undefined;
  #instance: ModuleInstance | undefined;
  #handler: Handler | undefined;
  #evaluating = false;

  constructor(built: BuiltFunction) {
    this.built = built;
    this.#revision = built.revision;
    this.#methods = built.methods && new Set(built.methods);
  }

  get name(): string {
    return this.built.name;
  }

  /** The number that the store gave; while staged, the number expected. */
  get revision(): number {
    return this.#revision;
  }

  set revision(revision: number) {
    this.#revision = revision;
  }

  get loaded(): boolean {
    return this.#instance !== undefined;
  }

  /** Whether its code is running for the first time at this moment. */
  get evaluating(): boolean {
    return this.#evaluating;
  }

  /** Whether the function accepts the HTTP method. HEAD goes where GET goes. */
  allows(method: string): boolean {
    const methods = this.#methods;
    return methods === undefined || methods.has(method) || (method === 'HEAD' && methods.has('GET'));
  }

  /** Returns the exports, evaluating the code first if need be. Throws what the code throws. */
  load(instantiate: Instantiate, realm: Realm): unknown {
    if (this.#instance) return this.#instance.exports;
    const { quarantine } = this.built;
    if (quarantine !== undefined) throw new HearthError('FUNCTION_QUARANTINED', { name: this.name, reason: quarantine });
    const instance = instantiate(this, realm);
    this.#instance = instance;
    this.#evaluating = true;
    realm.evaluating(this);
    try {
      instance.evaluate();
    } catch (error) {
      this.unload();
      realm.evaluationFailed(this, error, instance.failedImport);
      throw error;
    } finally {
      this.#evaluating = false;
      this.earlyImporters.clear();
    }
    realm.evaluated(this);
    return instance.exports;
  }

  /** The loaded code's handler, looked up as Laf does (`default`, then `main`), then as Architect and Lolo do. */
  handler(instantiate: Instantiate, realm: Realm): Handler {
    return (this.#handler ??= handlerOf(this.load(instantiate, realm)) ?? refuse(this.name));
  }

  /** Its revision is live. */
  accept(): void {
    this.#instance?.accept();
  }

  /** Ends the instance; the next use evaluates the code anew. */
  unload(): void {
    const instance = this.#instance;
    this.#instance = undefined;
    this.#handler = undefined;
    instance?.dispose();
  }
}

function handlerOf(exports: unknown): Handler | undefined {
  if ((typeof exports === 'object' && exports !== null) || typeof exports === 'function') {
    for (const key of ['default', 'main', 'handler']) {
      const value: unknown = Reflect.get(exports, key);
      if (isHandler(value)) return value;
    }
  }
  return isHandler(exports) ? exports : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function refuse(name: string): never {
  throw new HearthError('FUNCTION_NO_HANDLER', { name });
}
