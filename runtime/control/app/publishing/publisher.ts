import type { Builder } from '../../../build/builder.ts';
import { buildFailed } from '../../../build/build-diagnostics.ts';
import { missingImports } from '../../../build/imports.ts';
import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { LoadErrors } from '../../../kernel/protocol/worker-calls.ts';
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
  /** What happens to code that throws when it is loaded: by default the change is refused. */
  readonly onLoadError?: 'refuse' | 'keep';
}

export interface Published {
  readonly name: string;
  readonly revision: number;
  /** Whether no function had this name before. */
  readonly created: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** Why it does not load yet; its code is evaluated at each use until it does. */
  readonly loadError?: Diagnostic;
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
    const outcomes = await Promise.allSettled(edits.functions.map((edit) => builder.build(edit)));
    const builds = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    if (builds.length < outcomes.length) throw this.#toBuildError(edits, builds, outcomes);
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
      keep: edits.onLoadError === 'keep' ? drafts.map(({ name }) => name) : [],
      commit: (loadErrors) => store.commit({ drafts: drafts.map((draft) => withLoadError(draft, loadErrors)), deleted }),
      announcement: 'published',
    });
    return revisions.map(({ name, revision, loadError }, index) => ({
      name,
      revision,
      created: created[index] ?? false,
      diagnostics: builds[index]?.warnings ?? [],
      ...(loadError && { loadError }),
    }));
  }

  /** One error for all functions that do not compile, in the order of the edits, and for missing imports of the others. */
  #toBuildError(edits: FunctionEdits, builds: readonly Build[], outcomes: readonly PromiseSettledResult<Build>[]): unknown {
    const reasons: unknown[] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const failures = reasons.filter(isBuildFailure);
    if (failures.length < reasons.length) return reasons.find((reason) => !isBuildFailure(reason));
    const order = new Map(edits.functions.map(({ name }, index) => [name, index]));
    const diagnostics = [...failures.flatMap((failure) => failure.diagnostics ?? []), ...this.#missingImports(edits, builds)];
    return buildFailed(diagnostics.toSorted((a, b) => (order.get(a.function) ?? 0) - (order.get(b.function) ?? 0)));
  }

  /** Checks what the catalog can tell before anything is staged; the store has the last word. */
  #toDrafts(edits: FunctionEdits, builds: readonly Build[]): readonly Draft[] {
    const { catalog } = this.#options;
    for (const name of edits.deleted) if (!catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    const missing = this.#missingImports(edits, builds);
    if (missing.length > 0) throw buildFailed(missing);
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

  #missingImports(edits: FunctionEdits, builds: readonly Build[]): readonly Diagnostic[] {
    const published = new Set(edits.functions.map(({ name }) => name));
    const deleted = new Set(edits.deleted);
    const exists = (name: string): boolean => published.has(name) || (!deleted.has(name) && this.#options.catalog.get(name) !== undefined);
    return builds.flatMap((build) => missingImports(build, exists));
  }

  /** A draft under the number that it will most likely get; the commit gives it the store's own. */
  #toStaged({ name, methods, compiled }: Draft): BuiltFunction {
    return { name, revision: (this.#options.catalog.get(name)?.revision ?? 0) + 1, methods, code: compiled.code, map: compiled.map };
  }
}

function withLoadError(draft: Draft, loadErrors: LoadErrors): Draft {
  const loadError = loadErrors.get(draft.name);
  return loadError ? { ...draft, loadError } : draft;
}

function isBuildFailure(error: unknown): error is HearthError {
  return error instanceof HearthError && error.code === 'BUILD_FAILED';
}
