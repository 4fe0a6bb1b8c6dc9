import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionHead, FunctionStore, SourceRevision } from '../../../kernel/ports/function-store.ts';
import type { ImportOptions, ImportReport } from './import-report.ts';
import { pagesOf } from './export-format.ts';
import type { AppExport, ExportedFunction } from './export-reader.ts';

/** What becomes of a function of an export. */
type ImportOutcome = ImportReport['functions'][number]['outcome'];

/** A history that is to take the place of what is there, without what is compiled. */
export interface PlannedHistory extends ExportedFunction {
  readonly ifLast: number;
}

export interface PlannedPublish {
  readonly live: SourceRevision;
  readonly ifRevision: number;
}

export interface ImportPlan {
  readonly histories: readonly PlannedHistory[];
  readonly publishes: readonly PlannedPublish[];
  readonly outcomes: ImportReport['functions'];
}

const starterNote = 'starter function';

/**
 * Says what an import has to do. Throws `IMPORT_CONFLICT` (count, names) when functions exist here and
 * nothing was said of what to do about them. Starter functions that nobody has touched do not count.
 */
export async function planImport(store: FunctionStore, app: AppExport, mode: ImportOptions['mode']): Promise<ImportPlan> {
  const heads = new Map((await store.heads()).map((head) => [head.name, head]));
  const histories: PlannedHistory[] = [];
  const publishes: PlannedPublish[] = [];
  const outcomes: ImportReport['functions'][number][] = [];
  const conflicts: string[] = [];
  for (const exported of app.functions) {
    const { name } = exported;
    const here = heads.get(name);
    if (!here) {
      histories.push({ ...exported, ifLast: 0 });
      outcomes.push({ name, outcome: 'added' });
    } else if (mode === 'publish') {
      outcomes.push({ name, outcome: await planPublish(store, { exported, here }, publishes) });
    } else if (mode === 'replace' || (await isStarter(store, here))) {
      outcomes.push({ name, outcome: await planReplacement(store, { exported, here }, histories) });
    } else conflicts.push(name);
  }
  if (conflicts.length > 0) throw conflict(conflicts);
  return { histories, publishes, outcomes };
}

interface Pair {
  readonly exported: ExportedFunction;
  readonly here: FunctionHead;
}

function conflict(names: readonly string[]): HearthError {
  const shown = names.slice(0, 10).join(', ');
  return new HearthError('IMPORT_CONFLICT', { count: names.length, names: names.length > 10 ? `${shown}, …` : shown });
}

async function isStarter(store: FunctionStore, { name, last }: FunctionHead): Promise<boolean> {
  if (last !== 1) return false;
  return (await store.history(name, 0)).every(({ note }) => note === starterNote);
}

async function planPublish(store: FunctionStore, { exported, here }: Pair, publishes: PlannedPublish[]): Promise<ImportOutcome> {
  const live = liveOf(exported);
  if (!live) return 'unchanged';
  const current = here.live === null ? undefined : await store.revision(here.name, here.live);
  if (current && isSameCode(current, live)) return 'unchanged';
  publishes.push({ live, ifRevision: here.live ?? 0 });
  return 'published';
}

async function planReplacement(store: FunctionStore, { exported, here }: Pair, histories: PlannedHistory[]): Promise<ImportOutcome> {
  if (exported.live === here.live && exported.last === here.last && (await isSame(store, exported))) return 'unchanged';
  const live = liveOf(exported);
  const seen = live && (await store.revision(here.name, live.revision));
  const taken = live !== undefined && live.revision <= here.last && !(seen && isSameCode(seen, live));
  histories.push({ ...toReplacement(exported, here, taken), ifLast: here.last });
  return 'replaced';
}

/**
 * The history as it can stand in the place of one that was here. A number that has named a source here
 * never names another one as the live function: editors, other hosts and crash reports have seen it. If
 * the number of what is live is so taken, it gets a new one.
 */
function toReplacement(exported: ExportedFunction, here: FunctionHead, taken: boolean): ExportedFunction {
  const last = Math.max(exported.last, here.last);
  const live = liveOf(exported);
  if (!live || !taken) return { ...exported, last };
  const createdAt = Math.max(Date.now(), exported.revisions.at(-1)?.createdAt ?? 0);
  const renewed = { ...live, revision: last + 1, createdAt, note: `imported: revision ${live.revision}` };
  return { ...exported, live: last + 1, last: last + 1, revisions: [...exported.revisions, renewed] };
}

function isSameCode(one: SourceRevision, other: SourceRevision): boolean {
  return one.source === other.source && JSON.stringify(one.methods) === JSON.stringify(other.methods);
}

function liveOf({ live, revisions }: ExportedFunction): SourceRevision | undefined {
  return live === null ? undefined : revisions.find(({ revision }) => revision === live);
}

async function isSame(store: FunctionStore, exported: ExportedFunction): Promise<boolean> {
  let at = 0;
  for await (const page of pagesOf(store, exported)) {
    for (const one of page) if (!isEqual(one, exported.revisions[at++])) return false;
  }
  return at === exported.revisions.length;
}

function isEqual(one: SourceRevision, other: SourceRevision | undefined): boolean {
  if (other === undefined) return false;
  return one.revision === other.revision && one.createdAt === other.createdAt && one.note === other.note && isSameCode(one, other);
}
