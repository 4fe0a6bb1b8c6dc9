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
    const broken = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? diagnosticsOf(outcome.reason) : []));
    // Nobody else's turn matters to what cannot even be tried.
    if (builds.length === 0 && broken.length > 0) throw buildFailed(broken);
    return deployments.inTurn(() => this.#publish(edits, builds, broken));
  }

  async #publish(edits: FunctionEdits, builds: readonly Build[], broken: readonly Diagnostic[]): Promise<readonly Published[]> {
    const { store, catalog, deployments } = this.#options;
    const { deleted } = edits;
    for (const name of deleted) if (!catalog.get(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    const wrong = [...broken, ...this.#missingImports(edits, builds)];
    if (wrong.length > 0) return this.#refuse(edits, builds, wrong);
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

  /** Refuses the change for functions that do not compile or import what is not there, naming as well which of the others do not load. */
  async #refuse(edits: FunctionEdits, builds: readonly Build[], broken: readonly Diagnostic[]): Promise<never> {
    const { catalog, deployments } = this.#options;
    const whole = withoutImportersOf(new Set(edits.functions.map(({ name }) => name)), builds, broken);
    const functions = whole.map(({ name, compiled }) => this.#toStaged({ name, methods: undefined, compiled }));
    const sourceOf = (name: string): string | undefined =>
      (edits.functions.find((edit) => edit.name === name) ?? catalog.get(name))?.source;
    const failing = await deployments.tryOut({ functions, deleted: edits.deleted }, sourceOf);
    const order = new Map(edits.functions.map(({ name }, index) => [name, index]));
    throw buildFailed([...broken, ...failing].toSorted((one, other) => (order.get(one.function) ?? 0) - (order.get(other.function) ?? 0)));
  }

  /** Checks what the catalog can tell before anything is staged; the store has the last word. */
  #toDrafts(edits: FunctionEdits, builds: readonly Build[]): readonly Draft[] {
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
  #toStaged({ name, methods, compiled }: Pick<Draft, 'name' | 'methods' | 'compiled'>): BuiltFunction {
    return { name, revision: (this.#options.catalog.get(name)?.revision ?? 0) + 1, methods, code: compiled.code, map: compiled.map };
  }
}

function withLoadError(draft: Draft, loadErrors: LoadErrors): Draft {
  const loadError = loadErrors.get(draft.name);
  return loadError ? { ...draft, loadError } : draft;
}

/** What a build failed with; throws what is no such failure. */
function diagnosticsOf(reason: unknown): readonly Diagnostic[] {
  if (reason instanceof HearthError && reason.code === 'BUILD_FAILED') return reason.diagnostics ?? [];
  throw reason;
}

/** The builds that import nothing of the change which is broken or could not be built, directly or through others. */
function withoutImportersOf(changed: ReadonlySet<string>, builds: readonly Build[], broken: readonly Diagnostic[]): readonly Build[] {
  const bad = new Set(broken.map((diagnostic) => diagnostic.function));
  let whole = builds.filter(({ name }) => !bad.has(name));
  for (;;) {
    const kept = whole.filter(
      ({ imports }) => !imports.some(({ candidates }) => candidates.some((one) => changed.has(one) && bad.has(one))),
    );
    if (kept.length === whole.length) return kept;
    for (const { name } of whole) if (!kept.some((one) => one.name === name)) bad.add(name);
    whole = kept;
  }
}
