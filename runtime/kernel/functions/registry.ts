import { HearthError } from '../errors.ts';
import { ImportGraph } from './graph.ts';
import { FunctionModule, type Handler, type Instantiate, type Realm } from './module.ts';
import { importCandidates } from './name.ts';
import type { BuiltChange, BuiltFunction } from './revision.ts';

/** The functions that a caller can reach: the live ones, or those that a draft sees. */
export interface FunctionView {
  get(name: string): FunctionModule | undefined;
  /** The handler of a function of this view, its code evaluated if need be; throws what the code throws. */
  handler(module: FunctionModule): Handler;
  /** The exports of a function of this view, evaluated if need be. */
  exports(module: FunctionModule): unknown;
}

/**
 * The live functions of an app. A change is staged beside them and then activated in one step, so
 * that no caller ever sees half of it; what was replaced keeps running for the calls it has.
 */
export class Registry implements FunctionView, Realm {
  readonly #functions = new Map<string, FunctionModule>();
  readonly #graph = new ImportGraph();
  readonly #instantiate: Instantiate;

  constructor(instantiate: Instantiate) {
    this.#instantiate = instantiate;
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

  evaluationFailed(module: FunctionModule): void {
    // Others that import it got its error instead: they know, and keep the state they have.
    const early = [...module.earlyImporters];
    for (const name of [...early, ...this.#graph.dependents(early, module.name)]) this.#drop(name);
  }

  /**
   * Evaluates the change beside the live functions and returns it, ready for `activate()`. Throws
   * what the code throws; then nothing has changed. A draft runs in a stage that is never activated.
   */
  stage(change: BuiltChange): Stage {
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
    for (const name of removed) this.#functions.delete(name);
    for (const module of modules) {
      this.#functions.set(module.name, module);
      for (const imported of module.imports) this.#graph.add(module.name, imported);
    }
  }

  #drop(name: string): void {
    const module = this.#functions.get(name);
    if (!module) return;
    this.#graph.remove(name, module.imports);
    module.imports.clear();
    module.unload();
  }
}

/** A change beside the live functions: what it does not touch is shared with them, the rest is its own. */
export class Stage implements FunctionView, Realm {
  readonly deleted: ReadonlySet<string>;
  readonly #registry: Registry;
  readonly #instantiate: Instantiate;
  readonly #changed: readonly string[];
  /** Live functions that import what changes: a stage needs instances of its own of them. */
  readonly #affected: ReadonlySet<string>;
  readonly #own = new Map<string, FunctionModule>();
  #settled = false;

  constructor(registry: Registry, instantiate: Instantiate, change: BuiltChange, affected: ReadonlySet<string>) {
    this.#registry = registry;
    this.#instantiate = instantiate;
    this.#affected = affected;
    this.#changed = change.functions.map((built: BuiltFunction) => built.name);
    this.deleted = new Set(change.deleted);
    for (const built of change.functions) this.#own.set(built.name, new FunctionModule(built));
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
    return module.load(this.#instantiate, this);
  }

  importFunction(importer: FunctionModule, name: string): unknown {
    if (this.#settled) return this.#registry.importFunction(importer, name);
    for (const candidate of importCandidates(name)) {
      importer.imports.add(candidate);
      const module = this.get(candidate);
      if (module) return this.exports(module);
    }
    throw new HearthError('FUNCTION_MISSING', { name });
  }

  evaluationFailed(): void {
    // Nearly always the whole stage is discarded, and a half-made import reaches nobody.
  }

  /** Evaluates everything that changes; discards the stage and throws when any of it throws. */
  evaluate(): void {
    try {
      for (const name of this.#changed) {
        const module = this.#own.get(name);
        if (module) this.exports(module);
      }
    } catch (error) {
      this.discard();
      throw error;
    }
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
