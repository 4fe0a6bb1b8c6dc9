import type { Builder } from '../../../build/builder.ts';
import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';
import type { LogLevel } from '../../../kernel/ports/logger.ts';
import { type BuiltFunction, type Revision, toBuilt } from '../../../kernel/functions/revision.ts';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';
import type { LiveCatalog } from '../publishing/catalog.ts';
import type { Deployment, Deployments } from '../publishing/deployment.ts';
import type { ImportOptions, ImportReport } from './import-report.ts';
import { type CompiledPlan, compilePlan, toChange, withLoadErrors } from './compiled-plan.ts';
import { type ImportPlan, planImport } from './import-plan.ts';
import type { AppExport } from './export-reader.ts';

export interface ImporterOptions {
  readonly builder: Builder;
  readonly store: FunctionStore;
  readonly catalog: LiveCatalog;
  readonly deployments: Deployments;
  log(level: LogLevel, message: string): void;
}

export class Importer {
  readonly #options: ImporterOptions;

  constructor(options: ImporterOptions) {
    this.#options = options;
  }

  /** All or nothing; what does not compile or load is kept, and the report says so. */
  import(app: AppExport, options: ImportOptions): Promise<ImportReport> {
    return this.#options.deployments.inTurn(() => this.#import(app, options));
  }

  async #import(app: AppExport, options: ImportOptions): Promise<ImportReport> {
    const { store, builder } = this.#options;
    const plan = await planImport(store, app, options.mode);
    const compiled = await compilePlan(plan, builder);
    const loading = await this.#deploy(compiled, async (loadErrors) => {
      const kept = withLoadErrors(compiled, loadErrors);
      const published = await store.commit(toChange(kept, secretOf(app, options)));
      return [...published, ...liveOf(kept)];
    });
    const report = toReport({ plan, compiled, app, options, loading });
    this.#options.log('info', `imported ${report.functions.length} functions with ${report.revisions} revisions`);
    return report;
  }

  /**
   * Deploys all that will be live; what does not load is kept. A function that ends the worker when it is loaded goes
   * live with code that says so, and the rest is tried again.
   */
  async #deploy(compiled: CompiledPlan, commit: Deployment['commit']): Promise<readonly Diagnostic[]> {
    const { catalog, deployments } = this.#options;
    const deleted = compiled.histories.filter(({ name, live }) => live === null && catalog.get(name)).map(({ name }) => name);
    const drafts = compiled.drafts.map((one): Revision => ({ ...one, revision: (catalog.get(one.name)?.revision ?? 0) + 1, createdAt: 0 }));
    const live = new Map([...drafts, ...liveOf(compiled)].map((one) => [one.name, one]));
    const sourceOf = (name: string): string | undefined => (live.get(name) ?? catalog.get(name))?.source;
    const reasons = new Map(compiled.broken);
    const diagnostics: Diagnostic[] = [];
    const noting: Deployment['commit'] = (loadErrors) => {
      diagnostics.push(...loadErrors.values());
      return commit(loadErrors);
    };
    for (;;) {
      const functions = [...live.values()].map((one) => withReason(toBuilt(one), reasons.get(one.name)));
      try {
        await deployments.deploy({ staged: { functions, deleted }, sourceOf, keep: [...live.keys()], commit: noting });
        return [...new Set(diagnostics)];
      } catch (error) {
        const failed = failuresOf(error).filter((one) => live.has(one.function) && !reasons.has(one.function));
        if (failed.length === 0 || !(error instanceof HearthError)) throw error;
        diagnostics.push(...failed);
        for (const one of failed) reasons.set(one.function, error.message);
      }
    }
  }
}

function failuresOf(error: unknown): readonly Diagnostic[] {
  return error instanceof HearthError && error.code === 'LOAD_FAILED' ? (error.diagnostics ?? []) : [];
}

/** The function as it was built, or one that only says why it does not load. */
function withReason(built: BuiltFunction, reason: string | undefined): BuiltFunction {
  if (reason === undefined) return built;
  return { ...built, code: `exports.default = () => { throw new Error(${JSON.stringify(reason)}); };\n` };
}

function liveOf({ histories }: CompiledPlan): readonly Revision[] {
  return histories.flatMap(({ live, revisions }) => revisions.filter(({ revision }) => revision === live));
}

/** Imports into a store that no host on this machine serves from; what does not load shows when it is called. */
export async function importInto(
  { store, builder }: { readonly store: FunctionStore; readonly builder: Builder },
  app: AppExport,
  options: ImportOptions,
): Promise<ImportReport> {
  const plan = await planImport(store, app, options.mode);
  const compiled = await compilePlan(plan, builder);
  await store.commit(toChange(compiled, secretOf(app, options)));
  return toReport({ plan, compiled, app, options, loading: [] });
}

function secretOf({ serverSecret }: AppExport, { secret }: ImportOptions): string | undefined {
  return secret ? serverSecret : undefined;
}

interface Outcome {
  readonly plan: ImportPlan;
  readonly compiled: CompiledPlan;
  readonly app: AppExport;
  readonly options: ImportOptions;
  /** What was said of functions that do not load. */
  readonly loading: readonly Diagnostic[];
}

function toReport({ plan, compiled, app, options, loading }: Outcome): ImportReport {
  return {
    functions: plan.outcomes,
    revisions: compiled.drafts.length + compiled.histories.reduce((sum, { revisions }) => sum + revisions.length, 0),
    diagnostics: [...compiled.diagnostics, ...loading],
    secret: app.serverSecret === undefined ? 'none' : options.secret ? 'taken' : 'left',
  };
}
