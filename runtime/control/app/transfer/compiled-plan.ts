import type { Builder } from '../../../build/builder.ts';
import { type Diagnostic, HearthError } from '../../../kernel/errors.ts';
import type { Compiled } from '../../../kernel/functions/revision.ts';
import type { LoadErrors } from '../../../kernel/protocol/worker-calls.ts';
import type { Change, Draft, History } from '../../../kernel/ports/function-store.ts';
import type { ImportPlan, PlannedHistory } from './import-plan.ts';

/** Where the host remembers that starter functions are not to be published any more. */
const starterSetting = 'starterPublished';

export interface CompiledPlan {
  readonly drafts: readonly Draft[];
  readonly histories: readonly History[];
  /** Names of what does not compile, each with the reason. It is kept, and throws that when it is called. */
  readonly broken: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
}

const emptyMap = '{"version":3,"sources":[],"names":[],"mappings":""}';

/** For revisions that are not live: who makes one live compiles it. */
const uncompiled: Compiled = { code: '', map: emptyMap, builder: 'none' };

/** Compiles what will be live. What does not compile is kept nevertheless: an import loses nothing. */
export async function compilePlan(plan: ImportPlan, builder: Builder): Promise<CompiledPlan> {
  const broken = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const compile = async (input: { readonly name: string; readonly source: string }): Promise<Compiled> => {
    try {
      return (await builder.build(input)).compiled;
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
      broken.set(input.name, error.message);
      diagnostics.push(...(error.diagnostics ?? []));
      // Of no builder, so that the next start tries again.
      return { code: `throw new Error(${JSON.stringify(error.message)});\n`, map: emptyMap, builder: 'none' };
    }
  };
  const drafts = await Promise.all(
    plan.publishes.map(async ({ live, ifRevision }) => toDraft({ ...live, compiled: await compile(live) }, ifRevision)),
  );
  const histories = await Promise.all(plan.histories.map((history) => compileHistory(history, compile)));
  return { drafts, histories, broken, diagnostics };
}

function toDraft({ name, source, methods, note, compiled }: Omit<Draft, 'ifRevision'>, ifRevision: number): Draft {
  return { name, source, methods, note, compiled, ifRevision };
}

async function compileHistory(
  history: PlannedHistory,
  compile: (input: { readonly name: string; readonly source: string }) => Promise<Compiled>,
): Promise<History> {
  const live = history.revisions.find(({ revision }) => revision === history.live);
  const compiled = live && (await compile(live));
  return { ...history, revisions: history.revisions.map((one) => ({ ...one, compiled: (one === live && compiled) || uncompiled })) };
}

/** The plan, its live revisions with the reasons for which they do not load. */
export function withLoadErrors(plan: CompiledPlan, loadErrors: LoadErrors): CompiledPlan {
  if (loadErrors.size === 0) return plan;
  const drafts = plan.drafts.map((draft) => withLoadError(draft, loadErrors.get(draft.name)));
  const histories = plan.histories.map((history) => {
    const loadError = loadErrors.get(history.name);
    return { ...history, revisions: history.revisions.map((one) => (one.revision === history.live ? withLoadError(one, loadError) : one)) };
  });
  return { ...plan, drafts, histories };
}

function withLoadError<T extends object>(item: T, loadError: Diagnostic | undefined): T {
  return loadError ? { ...item, loadError } : item;
}

/** The change that carries out the plan; the secret is the one to keep, if there is one. */
export function toChange({ drafts, histories }: CompiledPlan, secret: string | undefined): Change {
  // Also where all that was imported is deleted: the store has had functions.
  const settings = new Map([[starterSetting, 'yes']]);
  if (secret !== undefined) settings.set('serverSecret', secret);
  return { drafts, deleted: [], histories, settings };
}
