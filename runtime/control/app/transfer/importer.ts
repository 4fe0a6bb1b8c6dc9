import type { Builder } from '../../../build/builder.ts';
import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';
import type { LogLevel } from '../../../kernel/ports/logger.ts';
import { type BuiltChange, type BuiltFunction, type Revision, toBuilt } from '../../../kernel/functions/revision.ts';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';
import type { LiveCatalog } from '../publishing/catalog.ts';
import { withLineText } from '../publishing/load-failure.ts';
import type { Quarantine } from '../workers/quarantine.ts';
import type { ImportOptions, ImportReport } from './port.ts';
import type { StagedChange, WorkerSupervisor } from '../workers/supervisor.ts';
import { type CompiledPlan, compilePlan, toChange } from './compile.ts';
import { type ImportPlan, planImport } from './plan.ts';
import type { AppExport } from './read.ts';

/** What an import goes through on a host that serves. */
export interface ImporterParts {
  readonly builder: Builder;
  readonly store: FunctionStore;
  readonly catalog: LiveCatalog;
  readonly quarantine: Quarantine;
  readonly supervisor: Pick<WorkerSupervisor, 'stage'>;
  /** Runs work when no publish is under way. */
  inTurn(work: () => Promise<void>): Promise<void>;
  log(level: LogLevel, message: string): void;
}

/** A change that the serving worker has evaluated, but for those functions that do not load. */
interface Staged {
  readonly stage: StagedChange;
  readonly diagnostics: readonly Diagnostic[];
}

/** Stages of publishes count up from 1, those of other hosts' changes down: these begin far away from both. */
const firstStage = 2 ** 40;

/** Makes an import live: build, stage, commit, activate. */
export class Importer {
  readonly #parts: ImporterParts;
  #stages = firstStage;

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  /** All or nothing; what does not compile or load is kept, and said in the report. */
  async import(app: AppExport, options: ImportOptions): Promise<ImportReport> {
    const reports: ImportReport[] = [];
    await this.#parts.inTurn(async () => {
      reports.push(await this.#import(app, options));
    });
    const [report] = reports;
    if (!report) throw new Error('The import ended without a result.');
    return report;
  }

  async #import(app: AppExport, options: ImportOptions): Promise<ImportReport> {
    const { store, builder, catalog, quarantine } = this.#parts;
    const plan = await planImport(store, app, options.mode);
    const compiled = await compilePlan(plan, builder);
    const deleted = compiled.histories.filter(({ name, live }) => live === null && catalog.get(name)).map(({ name }) => name);
    const { stage, diagnostics } = await this.#stage(compiled, deleted);
    const published = await store.commit(toChange(compiled, secretOf(app, options))).catch((error: unknown) => {
      stage.discard();
      throw error;
    });
    const live = [...published, ...liveOf(compiled)];
    catalog.apply(live, deleted);
    quarantine.lift([...live.map(({ name }) => name), ...deleted]);
    await stage.activate({ functions: live.map(toBuilt), deleted });
    const report = toReport({ plan, compiled, app, options, loading: diagnostics });
    this.#parts.log('info', `imported ${report.functions.length} functions with ${report.revisions} revisions`);
    return report;
  }

  /** Stages all that will be live; each function that does not load is left out in turn, with what it said. */
  async #stage(compiled: CompiledPlan, deleted: readonly string[]): Promise<Staged> {
    const { catalog, supervisor } = this.#parts;
    const drafts = compiled.drafts.map((one): Revision => ({ ...one, revision: (catalog.get(one.name)?.revision ?? 0) + 1, createdAt: 0 }));
    const live = new Map([...drafts, ...liveOf(compiled)].map((one) => [one.name, one]));
    const sourceOf = (name: string): string | undefined => (live.get(name) ?? catalog.get(name))?.source;
    const reasons = new Map(compiled.broken);
    const diagnostics: Diagnostic[] = [];
    for (;;) {
      const functions = [...live.values()].map((one) => withReason(toBuilt(one), reasons.get(one.name)));
      const change: BuiltChange = { functions, deleted };
      try {
        return { stage: await withLineText(supervisor.stage(++this.#stages, change), sourceOf), diagnostics };
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
