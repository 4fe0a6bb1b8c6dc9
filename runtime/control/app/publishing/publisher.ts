import type { Builder } from '../../../build/builder.ts';
import { buildFailed } from '../../../build/build-diagnostics.ts';
import { missingImports } from '../../../build/imports.ts';
import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { Draft, FunctionStore } from '../../../kernel/ports/function-store.ts';
import type { LiveCatalog } from './catalog.ts';
import type { Deployments } from './deployment.ts';

export interface FunctionEdit {
  readonly name: string;
  readonly source: string;
  /** Absent keeps the live function's methods, null allows all. */
  readonly methods?: readonly string[] | null;
  readonly note?: string;
  readonly ifRevision?: number;
}

export interface FunctionEdits {
  readonly functions: readonly FunctionEdit[];
  readonly deleted: readonly string[];
}

export interface Published {
  readonly name: string;
  readonly revision: number;
  /** Whether no function had this name before. */
  readonly created: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface PublisherOptions {
  readonly builder: Builder;
  readonly store: FunctionStore;
  readonly catalog: LiveCatalog;
  readonly deployments: Deployments;
}

type Build = Awaited<ReturnType<Builder['build']>>;

/** Publishes functions. Builds do not wait for other deployments. */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** All or nothing; resolves, when callers get the new code, to the edits' outcomes in their order. Throws `HearthError`s. */
  async publish(edits: FunctionEdits): Promise<readonly Published[]> {
    const { builder, deployments } = this.#options;
    const builds = await Promise.all(edits.functions.map((edit) => builder.build(edit)));
    return deployments.inTurn(() => this.#publish(edits, builds));
  }

  async #publish(edits: FunctionEdits, builds: readonly Build[]): Promise<readonly Published[]> {
    const { store, catalog, deployments } = this.#options;
    const { deleted } = edits;
    const drafts = this.#toDrafts(edits, builds);
    const created = drafts.map(({ name }) => catalog.get(name) === undefined);
    const revisions = await deployments.deploy({
      staged: { functions: drafts.map((draft) => this.#toStaged(draft)), deleted },
      sourceOf: (name) => (drafts.find((draft) => draft.name === name) ?? catalog.get(name))?.source,
      commit: () => store.commit({ drafts, deleted }),
      announcement: 'published',
    });
    return revisions.map(({ name, revision }, index) => ({
      name,
      revision,
      created: created[index] ?? false,
      diagnostics: builds[index]?.warnings ?? [],
    }));
  }

  /** Checks what the catalog can tell before anything is staged; the store has the last word. */
  #toDrafts(edits: FunctionEdits, builds: readonly Build[]): readonly Draft[] {
    const { catalog } = this.#options;
    for (const name of edits.deleted) if (!catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    this.#checkImports(edits, builds);
    return builds.map(({ compiled }, index) => {
      const edit = edits.functions[index];
      if (!edit) throw new HearthError('INTERNAL');
      return this.#toDraft(edit, compiled);
    });
  }

  #toDraft(edit: FunctionEdit, compiled: Draft['compiled']): Draft {
    const live = this.#options.catalog.get(edit.name);
    const { name, source, ifRevision, note = '' } = edit;
    const current = live?.revision ?? 0;
    if (ifRevision !== undefined && ifRevision !== current)
      throw new HearthError('REVISION_CONFLICT', { name, current, expected: ifRevision });
    const methods = edit.methods === undefined ? live?.methods : (edit.methods ?? undefined);
    return { name, source, methods, note, compiled, ...(ifRevision !== undefined && { ifRevision }) };
  }

  #checkImports(edits: FunctionEdits, builds: readonly Build[]): void {
    const published = new Set(edits.functions.map(({ name }) => name));
    const deleted = new Set(edits.deleted);
    const exists = (name: string): boolean => published.has(name) || (!deleted.has(name) && this.#options.catalog.get(name) !== undefined);
    const diagnostics = builds.flatMap((build) => missingImports(build, exists));
    if (diagnostics.length > 0) throw buildFailed(diagnostics);
  }

  /** A draft under the number that it will most likely get; the commit gives it the store's own. */
  #toStaged({ name, methods, compiled }: Draft): BuiltFunction {
    return { name, revision: (this.#options.catalog.get(name)?.revision ?? 0) + 1, methods, code: compiled.code, map: compiled.map };
  }
}
