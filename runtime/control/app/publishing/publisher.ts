import type { Builder } from '../../../build/builder.ts';
import { buildFailed } from '../../../build/diagnostics.ts';
import { missingImports } from '../../../build/imports.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { LogLevel } from '../../../kernel/ports/logger.ts';
import { type BuiltChange, type BuiltFunction, toBuilt } from '../../../kernel/functions/revision.ts';
import type { Draft, FunctionStore } from '../../../kernel/ports/function-store.ts';
import type { LiveCatalog } from './catalog.ts';
import { withLineText } from './load-failure.ts';
import type { Quarantine } from '../workers/quarantine.ts';
import type { FunctionEdit, Published, Publisher } from '../../services.ts';
import type { WorkerSupervisor } from '../workers/supervisor.ts';

/** What a publish goes through. */
export interface PublisherParts {
  readonly builder: Builder;
  readonly store: FunctionStore;
  readonly catalog: LiveCatalog;
  readonly quarantine: Quarantine;
  readonly supervisor: WorkerSupervisor;
  log(level: LogLevel, message: string): void;
}

type Edits = Parameters<Publisher['publish']>[0];
type Built = Awaited<ReturnType<Builder['build']>>;

/** Publishes one change after another: build, stage, commit, activate. Compiling does not wait for its turn. */
export class SerialPublisher implements Publisher {
  readonly #parts: PublisherParts;
  #turn: Promise<unknown> = Promise.resolve();
  #stages = 0;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  async publish(edits: Edits): Promise<readonly Published[]> {
    const builds = await Promise.all(edits.functions.map((edit) => this.#parts.builder.build(edit)));
    const turn = this.#turn.then(() => this.#publish(edits, builds));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Runs work as if it were a publish: none is under way meanwhile. */
  inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Resolves when the publishes begun are done. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  async #publish(edits: Edits, builds: readonly Built[]): Promise<readonly Published[]> {
    const { store, catalog, quarantine, supervisor } = this.#parts;
    const drafts = this.#toDrafts(edits, builds);
    const staged: BuiltChange = { functions: drafts.map((draft) => this.#toStaged(draft)), deleted: edits.deleted };
    const sourceOf = (name: string): string | undefined => (drafts.find((draft) => draft.name === name) ?? catalog.get(name))?.source;
    const stage = await withLineText(supervisor.stage(++this.#stages, staged), sourceOf);
    const created = drafts.map(({ name }) => catalog.get(name) === undefined);
    const revisions = await store.commit({ drafts, deleted: edits.deleted }).catch((error: unknown) => {
      stage.discard();
      throw error;
    });
    catalog.apply(revisions, edits.deleted);
    quarantine.lift([...drafts.map(({ name }) => name), ...edits.deleted]);
    const committed: BuiltChange = { functions: revisions.map(toBuilt), deleted: edits.deleted };
    await stage.activate(committed);
    this.#announce(committed);
    return revisions.map(({ name, revision }, index) => ({
      name,
      revision,
      created: created[index] ?? false,
      diagnostics: builds[index]?.warnings ?? [],
    }));
  }

  /** Checks what the catalog can tell before anything is staged; the store has the last word. */
  #toDrafts(edits: Edits, builds: readonly Built[]): readonly Draft[] {
    const { catalog } = this.#parts;
    for (const name of edits.deleted) if (!catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    this.#checkImports(edits, builds);
    return builds.map(({ compiled }, index) => {
      const edit = edits.functions[index];
      if (!edit) throw new HearthError('INTERNAL');
      return this.#toDraft(edit, compiled);
    });
  }

  #toDraft(edit: FunctionEdit, compiled: Draft['compiled']): Draft {
    const live = this.#parts.catalog.get(edit.name);
    const { name, source, ifRevision, note = '' } = edit;
    const current = live?.revision ?? 0;
    if (ifRevision !== undefined && ifRevision !== current)
      throw new HearthError('REVISION_CONFLICT', { name, current, expected: ifRevision });
    const methods = edit.methods === undefined ? live?.methods : (edit.methods ?? undefined);
    return { name, source, methods, note, compiled, ...(ifRevision !== undefined && { ifRevision }) };
  }

  #checkImports(edits: Edits, builds: readonly Built[]): void {
    const published = new Set(edits.functions.map(({ name }) => name));
    const deleted = new Set(edits.deleted);
    const exists = (name: string): boolean => published.has(name) || (!deleted.has(name) && this.#parts.catalog.get(name) !== undefined);
    const diagnostics = builds.flatMap((build) => missingImports(build, exists));
    if (diagnostics.length > 0) throw buildFailed(diagnostics);
  }

  /** A draft under the number that it will most likely get; `activate()` carries the store's own. */
  #toStaged({ name, methods, compiled }: Draft): BuiltFunction {
    return { name, revision: (this.#parts.catalog.get(name)?.revision ?? 0) + 1, methods, code: compiled.code, map: compiled.map };
  }

  #announce({ functions, deleted }: BuiltChange): void {
    const names = [...functions.map(({ name, revision }) => `${name}#${revision}`), ...deleted.map((name) => `${name} (deleted)`)];
    this.#parts.log('info', `published ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`);
  }
}
