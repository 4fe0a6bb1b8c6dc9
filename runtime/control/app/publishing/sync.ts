import type { Builder } from '../../../build/builder.ts';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { LogFields, LogLevel } from '../../../kernel/ports/logger.ts';
import { type Revision, toBuilt } from '../../../kernel/functions/revision.ts';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';
import type { LiveCatalog } from './catalog.ts';
import type { Deployments } from './deployment.ts';

/** A function whose live revision was published on another host and does not load on this one. */
export interface DivergedFunction {
  readonly name: string;
  /** The one that is live elsewhere. */
  readonly revision: number;
  /** The one that is live here; null when there is none. */
  readonly kept: number | null;
  readonly reason: string;
}

export interface StoreSyncOptions {
  readonly builder: Builder;
  readonly store: FunctionStore;
  readonly catalog: LiveCatalog;
  readonly deployments: Deployments;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Milliseconds before what failed is tried again: the store may be away, or a worker is taking over. */
const pause = 500;

interface Difference {
  readonly changed: readonly Revision[];
  readonly deleted: readonly string[];
}

/**
 * Makes live here what other hosts on the same store have published. The store only tells that something
 * changed: what is live is always read as a whole, so that nothing can be missed. A function that does not load
 * here keeps the revision that it has, and the status says so.
 */
export class StoreSync {
  readonly #options: StoreSyncOptions;
  /** By name, what is published elsewhere and does not load here. */
  readonly #diverged = new Map<string, DivergedFunction>();
  #unwatch: (() => void) | undefined;
  #wanted = false;
  #running = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StoreSyncOptions) {
    this.#options = options;
  }

  /** Begins to follow the store; resolves when what is live in it was looked at once. */
  async start(): Promise<void> {
    this.#unwatch = this.#options.store.watch(() => this.request());
    this.#wanted = true;
    await this.#run();
  }

  /** Functions whose live revision does not load on this host. */
  list(): readonly DivergedFunction[] {
    return [...this.#diverged.values()];
  }

  /** Compares the store with what is live here, soon; calls that come meanwhile are one. */
  request(): void {
    this.#wanted = true;
    if (!this.#running && !this.#closed) void this.#run();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unwatch?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted && !this.#closed) {
      this.#wanted = false;
      try {
        await this.#options.deployments.inTurn(() => this.#reconcile());
      } catch (error) {
        if (!(error instanceof HearthError && error.code === 'STORE_UNAVAILABLE'))
          this.#options.log('error', `changes published by other hosts could not be applied, trying again: ${messageOf(error)}`);
        this.#timer = setTimeout(() => this.request(), pause);
        break;
      }
    }
    this.#running = false;
  }

  async #reconcile(): Promise<void> {
    const { changed, deleted } = await this.#read();
    if (changed.length === 0 && deleted.length === 0) return;
    try {
      await this.#take({ changed, deleted });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // One of them does not load here; the others are not to wait for it.
      await this.#takeEach({ changed, deleted });
    }
  }

  /** What is live in the store and not here, but for what is known not to load here. */
  async #read(): Promise<Difference> {
    const { store, catalog } = this.#options;
    const live = new Map((await store.live()).map(({ name, revision }) => [name, revision]));
    const deleted = catalog.list().flatMap(({ name }) => (live.has(name) ? [] : [name]));
    for (const [name, entry] of this.#diverged) if (live.get(name) !== entry.revision) this.#diverged.delete(name);
    const changed: Revision[] = [];
    for (const [name, revision] of live) {
      if (catalog.get(name)?.revision === revision || this.#diverged.has(name)) continue;
      const found = await store.revision(name, revision);
      // Gone by now: then there is a newer one, and the store tells of it.
      if (found) changed.push(await this.#compiledHere(found));
    }
    return { changed, deleted };
  }

  /** The revision as this host's builder compiles it; another host may be older or newer. */
  async #compiledHere(revision: Revision): Promise<Revision> {
    const { builder } = this.#options;
    if (revision.compiled.builder === builder.tag) return revision;
    try {
      return { ...revision, compiled: (await builder.build(revision)).compiled };
    } catch {
      return revision;
    }
  }

  async #take({ changed, deleted }: Difference): Promise<void> {
    const { catalog, deployments } = this.#options;
    await deployments.deploy({
      staged: { functions: changed.map(toBuilt), deleted },
      sourceOf: (name) => (changed.find((revision) => revision.name === name) ?? catalog.get(name))?.source,
      keep: changed.flatMap(({ name, loadError }) => (loadError ? [name] : [])),
      // The other host has committed it.
      commit: () => Promise.resolve(changed),
      announcement: 'took over from another host:',
    });
  }

  async #takeEach({ changed, deleted }: Difference): Promise<void> {
    if (deleted.length > 0) await this.#take({ changed: [], deleted });
    for (const revision of changed) {
      try {
        await this.#take({ changed: [revision], deleted: [] });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.#keep(revision, error);
      }
    }
  }

  #keep({ name, revision }: Revision, error: HearthError): void {
    const { catalog } = this.#options;
    const kept = catalog.get(name)?.revision ?? null;
    this.#diverged.set(name, { name, revision, kept, reason: error.message });
    const instead = kept === null ? 'the function does not exist on this host' : `revision ${kept} stays live on this host`;
    this.#options.log(
      'error',
      `${name}, revision ${revision}, was published on another host but does not load here; ${instead}: ${error.message}`,
      {
        function: name,
        revision,
      },
    );
  }
}

function isRefusal(error: unknown): error is HearthError {
  return error instanceof HearthError && error.code === 'LOAD_FAILED';
}
