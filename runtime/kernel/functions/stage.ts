import { HearthError } from '../errors.ts';
import { type FailedImport, FunctionModule, type Handler, type Instantiate, type Realm } from './module.ts';
import { importCandidates } from './name.ts';
import { PendingImport } from './pending-import.ts';
import type { FunctionView } from './function-view.ts';
import type { BuiltChange, BuiltFunction } from './revision.ts';

/**
 * Milliseconds that functions of a change may take that do not load, before the rest is left unevaluated: code that
 * loops until it is stopped holds the worker's event loop, and several of them would hold it for too long.
 */
const failingTime = 500;

/** Why a function of a stage does not load. */
export interface LoadFailure {
  readonly module: FunctionModule;
  readonly thrown: unknown;
  readonly failedImport: FailedImport | undefined;
  /** The function it imports whose failure this is. */
  readonly importOf: string | undefined;
}

/** The live functions, as a stage sees them. */
interface LiveFunctions extends Realm {
  get(name: string): FunctionModule | undefined;
}

/** A change beside the live functions: what it does not touch is shared with them, the rest is its own. */
export class Stage implements FunctionView, Realm {
  readonly deleted: ReadonlySet<string>;
  readonly #registry: LiveFunctions;
  readonly #instantiate: Instantiate;
  readonly #changed: readonly string[];
  /** Live functions that import what changes: a stage needs instances of its own of them. */
  readonly #affected: ReadonlySet<string>;
  readonly #own = new Map<string, FunctionModule>();
  readonly #failures = new Map<string, LoadFailure>();
  /** The last failure that an import passed on, to tell it from one of the importer's own. */
  #passed: { readonly importer: FunctionModule; readonly thrown: unknown; readonly from: string } | undefined;
  #evaluating = false;
  #settled = false;

  constructor(registry: LiveFunctions, instantiate: Instantiate, change: BuiltChange, affected: ReadonlySet<string>) {
    this.#registry = registry;
    this.#instantiate = instantiate;
    this.#affected = affected;
    this.#changed = change.functions.map((built: BuiltFunction) => built.name);
    this.deleted = new Set(change.deleted);
    for (const built of change.functions) this.#own.set(built.name, new FunctionModule(built));
  }

  get isStaged(): boolean {
    return !this.#settled;
  }

  get(name: string): FunctionModule | undefined {
    if (this.#settled) return this.#registry.get(name);
    const own = this.#own.get(name);
    if (own || this.deleted.has(name)) return own;
    const live = this.#registry.get(name);
    if (!live || (live.loaded && !this.#affected.has(name))) return live;
    const copy = new FunctionModule(live.built);
    copy.revision = live.revision;
    this.#own.set(name, copy);
    return copy;
  }

  handler(module: FunctionModule): Handler {
    return module.handler(this.#instantiate, this);
  }

  exports(module: FunctionModule): unknown {
    const failure = this.#evaluating ? this.#failures.get(module.name) : undefined;
    // Its code is not run again for each function that imports it.
    if (failure) throw failure.thrown;
    return module.load(this.#instantiate, this);
  }

  importFunction(importer: FunctionModule, name: string): unknown {
    if (this.#settled) return this.#registry.importFunction(importer, name);
    for (const candidate of importCandidates(name)) {
      importer.imports.add(candidate);
      const module = this.get(candidate);
      if (!module) continue;
      if (module.evaluating && module !== importer) module.earlyImporters.add(importer.name);
      return this.#import(importer, module);
    }
    throw new HearthError('FUNCTION_MISSING', { name });
  }

  evaluating(): void {
    // Who stages a change knows that.
  }

  evaluated(): void {
    // Nobody sees it before the change is live.
  }

  evaluationFailed(module: FunctionModule, thrown: unknown, failedImport?: FailedImport): void {
    const passed = this.#passed;
    const importOf = passed?.importer === module && Object.is(passed.thrown, thrown) ? passed.from : undefined;
    this.#failures.set(module.name, { module, thrown, failedImport, importOf });
    for (const name of this.#holding(module)) this.#own.get(name)?.unload();
  }

  /** Evaluates everything that changes, also past what fails, so that the error can name all of it. Discards it and throws a `PendingImport` while a package is loading. */
  evaluate(): void {
    this.#evaluating = true;
    let failing = 0;
    for (const name of this.#changed) {
      if (failing > failingTime) break;
      const module = this.#own.get(name);
      const started = performance.now();
      try {
        if (module) this.exports(module);
      } catch (thrown) {
        if (thrown instanceof PendingImport) {
          this.discard();
          throw thrown;
        }
        failing += performance.now() - started;
      }
    }
    this.#evaluating = false;
  }

  /**
   * What keeps the change from loading, in its order: a function that fails because an import of it does is
   * represented by the one that threw, once.
   */
  failures(): readonly LoadFailure[] {
    return [...new Set(this.failed().values())];
  }

  /** The functions of the change that do not load, each with the failure that is the cause. */
  failed(): ReadonlyMap<string, LoadFailure> {
    const failed = new Map<string, LoadFailure>();
    for (const name of this.#changed) {
      const failure = this.#causeOf(name);
      if (failure) failed.set(name, failure);
    }
    return failed;
  }

  #causeOf(name: string): LoadFailure | undefined {
    const seen = new Set<string>();
    let failure = this.#failures.get(name);
    while (failure?.importOf !== undefined && !seen.has(failure.importOf)) {
      seen.add(failure.importOf);
      failure = this.#failures.get(failure.importOf) ?? { ...failure, importOf: undefined };
    }
    return failure;
  }

  #import(importer: FunctionModule, module: FunctionModule): unknown {
    try {
      return this.exports(module);
    } catch (thrown) {
      this.#passed = { importer, thrown, from: module.name };
      throw thrown;
    }
  }

  /** What holds the half-made exports of a module whose evaluation failed, directly or through others. */
  #holding(failed: FunctionModule): ReadonlySet<string> {
    const holding = new Set(failed.earlyImporters);
    for (const name of holding)
      for (const [importer, { imports }] of this.#own) if (imports.has(name) && importer !== failed.name) holding.add(importer);
    return holding;
  }

  /** Hands the stage's modules to the registry; from now on its code imports what is live. */
  settle(): readonly FunctionModule[] {
    const modules = [...this.#own.values()];
    this.#settled = true;
    this.#own.clear();
    return modules;
  }

  /** Ends what the stage's code has started; what of it still runs imports what is live. */
  discard(): void {
    for (const module of this.settle()) module.unload();
  }
}
