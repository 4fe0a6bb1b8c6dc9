import { HearthError } from '../errors.ts';
import { ImportGraph } from './graph.ts';
import type { FunctionView } from './function-view.ts';
import { type FailedImport, FunctionModule, type Handler, type Instantiate, type Realm } from './module.ts';
import { Stage } from './stage.ts';
import { importCandidates } from './name.ts';
import type { BuiltChange } from './revision.ts';

/** Told what becomes of the code of live functions. MUST NOT throw. */
export interface LoadObserver {
  loading(module: FunctionModule): void;
  loaded(module: FunctionModule): void;
  failed(module: FunctionModule, thrown: unknown, failedImport?: FailedImport): void;
}

/**
 * The live functions of an app. A change is staged beside them and then activated in one step, so
 * that no caller ever sees half of it; what was replaced keeps running for the calls it has.
 */
export class Registry implements FunctionView, Realm {
  readonly isStaged = false;
  readonly #functions = new Map<string, FunctionModule>();
  readonly #graph = new ImportGraph();
  readonly #instantiate: Instantiate;
  readonly #loads: LoadObserver | undefined;
  readonly #deleted: (name: string) => void;

  /** `deleted` is told of each function that is gone. MUST NOT throw. */
  constructor(instantiate: Instantiate, loads?: LoadObserver, deleted: (name: string) => void = () => {}) {
    this.#instantiate = instantiate;
    this.#loads = loads;
    this.#deleted = deleted;
  }

  get size(): number {
    return this.#functions.size;
  }

  get(name: string): FunctionModule | undefined {
    return this.#functions.get(name);
  }

  handler(module: FunctionModule): Handler {
    return module.handler(this.#instantiate, this);
  }

  exports(module: FunctionModule): unknown {
    return module.load(this.#instantiate, this);
  }

  importFunction(importer: FunctionModule, name: string): unknown {
    // A replaced module that still runs may import; its edge would drop its successor for nothing.
    const live = this.#functions.get(importer.name) === importer;
    for (const candidate of importCandidates(name)) {
      importer.imports.add(candidate);
      if (live) this.#graph.add(importer.name, candidate);
      const module = this.#functions.get(candidate);
      if (!module) continue;
      if (module.evaluating && module !== importer) module.earlyImporters.add(importer.name);
      return this.exports(module);
    }
    throw new HearthError('FUNCTION_MISSING', { name });
  }

  evaluating(module: FunctionModule): void {
    this.#loads?.loading(module);
  }

  evaluated(module: FunctionModule): void {
    this.#loads?.loaded(module);
  }

  evaluationFailed(module: FunctionModule, thrown: unknown, failedImport?: FailedImport): void {
    this.#loads?.failed(module, thrown, failedImport);
    // Others that import it got its error instead: they know, and keep the state they have.
    const early = [...module.earlyImporters];
    for (const name of [...early, ...this.#graph.dependents(early, module.name)]) this.#drop(name);
  }

  /**
   * Evaluates the change beside the live functions and returns it, ready for `activate()`. Throws what the
   * first function throws that does not load; then nothing has changed. A draft runs in a stage that is never activated.
   */
  stage(change: BuiltChange): Stage {
    const stage = this.tryOut(change);
    const [failure] = stage.failures();
    if (!failure) return stage;
    stage.discard();
    throw failure.thrown;
  }

  /** As `stage()`, but throws nothing but `PendingImport`: `failures()` of the stage says what does not load. Activated all the same, that is evaluated at its next use. */
  tryOut(change: BuiltChange): Stage {
    const names = [...change.functions.map((built) => built.name), ...change.deleted];
    const stage = new Stage(this, this.#instantiate, change, this.#graph.dependents(names));
    stage.evaluate();
    return stage;
  }

  /** Makes a staged change live; the revisions are the store's. Every step is synchronous: nobody sees half of it. */
  activate(stage: Stage, revisions: ReadonlyMap<string, number>): void {
    for (const [name, revision] of revisions) {
      const module = stage.get(name);
      if (module) module.revision = revision;
    }
    this.#replace(stage.settle(), stage.deleted);
  }

  /** Makes a change live without evaluating any of it: its code runs at its first use. */
  install(change: BuiltChange): void {
    this.#replace(
      change.functions.map((built) => new FunctionModule(built)),
      change.deleted,
    );
  }

  /** Unloads everything. */
  close(): void {
    for (const module of this.#functions.values()) module.unload();
    this.#functions.clear();
  }

  #replace(modules: readonly FunctionModule[], deleted: Iterable<string>): void {
    const removed = [...deleted];
    const names = [...modules.map((module) => module.name), ...removed];
    const dependents = this.#graph.dependents(names);
    for (const name of names) {
      this.#drop(name);
      dependents.delete(name);
    }
    for (const name of dependents) this.#drop(name);
    for (const name of removed) if (this.#functions.delete(name)) this.#deleted(name);
    for (const module of modules) {
      this.#functions.set(module.name, module);
      for (const imported of module.imports) this.#graph.add(module.name, imported);
    }
    // Only now is a port free that both the old and the new revision listen on.
    for (const module of modules) module.accept();
  }

  #drop(name: string): void {
    const module = this.#functions.get(name);
    if (!module) return;
    this.#graph.remove(name, module.imports);
    module.imports.clear();
    module.unload();
  }
}
