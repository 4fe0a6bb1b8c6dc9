import { HearthError } from '../../../runtime/kernel/errors.ts';
import type { WorkerMetrics } from '../../../runtime/kernel/protocol/metrics.ts';
import type { Revision } from '../../../runtime/kernel/functions/revision.ts';
import type { Change, FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';
import type { ImportOptions } from '../../../runtime/control/app/transfer/import-report.ts';
import { planImport } from '../../../runtime/control/app/transfer/import-plan.ts';
import { type AppExport, readExport } from '../../../runtime/control/app/transfer/export-reader.ts';
import { exportFrom, type Transfer } from '../../../runtime/control/app/transfer/transfer.ts';
import type { LiveCatalog } from '../../../runtime/control/app/publishing/catalog.ts';
import type { FunctionEdit, Published, Publisher } from '../../../runtime/control/app/publishing/publisher.ts';
import type { CrashReport } from '../../../runtime/control/app/workers/crash-report.ts';
import type { QuarantinedFunction } from '../../../runtime/control/app/workers/quarantine.ts';
import type { LoggedRecord } from '../../../runtime/control/logs/log-filter.ts';

const compiled = { code: '', map: '{}', builder: 'none' };

/** Functions in memory: enough of a store for the API, which only reads from it. */
export class MemoryFunctions implements Pick<LiveCatalog, 'get' | 'list'> {
  readonly history = new Map<string, Revision[]>();
  readonly #live = new Map<string, Revision>();

  list(): readonly Revision[] {
    return [...this.#live.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): Revision | undefined {
    return this.#live.get(name);
  }

  async commit(change: Change): Promise<Revision[]> {
    for (const name of change.deleted) if (!this.#live.has(name)) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    for (const { name, ifRevision: expected } of change.drafts) {
      const current = this.#live.get(name)?.revision ?? 0;
      if (expected !== undefined && expected !== current) throw new HearthError('REVISION_CONFLICT', { name, current, expected });
    }
    for (const name of change.deleted) this.#live.delete(name);
    return change.drafts.map((draft) => {
      const { name, source, methods, note } = draft;
      const history = this.history.get(name) ?? [];
      const made = { name, source, methods, note, compiled, revision: history.length + 1, createdAt: 1_700_000_000_000 + history.length };
      this.history.set(name, [made, ...history]);
      this.#live.set(name, made);
      return made;
    });
  }
}

/** The port over {@link MemoryFunctions}. */
export function memoryStore(functions: MemoryFunctions): FunctionStore {
  return {
    functions: async () => [...functions.list()],
    commit: (change) => functions.commit(change),
    revisions: async (name) =>
      (functions.history.get(name) ?? []).map((one) => {
        const { revision, methods, note, createdAt, source } = one;
        return { name, revision, methods, note, createdAt, size: Buffer.byteLength(source) };
      }),
    revision: async (name, revision) => functions.history.get(name)?.find((one) => one.revision === revision),
    saveCompiled: async () => {},
    setting: async () => undefined,
    putSetting: async () => {},
    keepSetting: async (_, value) => value,
    heads: async () =>
      [...functions.history].map(([name, all]) => ({ name, live: functions.get(name)?.revision ?? null, last: all[0]?.revision ?? 0 })),
    history: async (name, after) => (functions.history.get(name) ?? []).filter(({ revision }) => revision > after).toReversed(),
    live: async () => functions.list().map(({ name, revision }) => ({ name, revision })),
    available: true,
    watch: () => () => {},
    close: async () => {},
  };
}

/** An import that was asked for. */
export interface FakeImport {
  readonly app: AppExport;
  readonly options: ImportOptions;
}

/** Exports from the store, and reads an import without making it live. */
export function fakeTransfer(store: FunctionStore, imports: FakeImport[]): Pick<Transfer, 'export' | 'import'> {
  return {
    export: (secret) => exportFrom(store, { version: '1.2.3', appId: 'app', serverSecret: 'sixteen-characters' }, secret),
    async import(source, limit, options) {
      const app = await readExport(source, limit);
      const { outcomes } = await planImport(store, app, options.mode);
      imports.push({ app, options });
      return { functions: outcomes, revisions: 0, diagnostics: [], secret: 'none' };
    },
  };
}

/** Publishes without building: a source that says `syntax error`, `throws` or `crash` fails as such code would. */
export class MemoryPublisher implements Pick<Publisher, 'publish'> {
  readonly edits: FunctionEdit[] = [];
  readonly #functions: MemoryFunctions;

  constructor(functions: MemoryFunctions) {
    this.#functions = functions;
  }

  async publish(change: { functions: readonly FunctionEdit[]; deleted: readonly string[] }): Promise<readonly Published[]> {
    for (const { name, source } of change.functions) failLike(name, source);
    this.edits.push(...change.functions);
    const known = new Set(this.#functions.history.keys());
    const drafts = change.functions.map(({ methods, note = '', ...edit }) => {
      const kept = methods === undefined ? this.#functions.get(edit.name)?.methods : (methods ?? undefined);
      return { ...edit, methods: kept, note, compiled };
    });
    const made = await this.#functions.commit({ drafts, deleted: change.deleted });
    return made.map(({ name, revision }) => ({ name, revision, created: !known.has(name), diagnostics: [] }));
  }
}

function failLike(name: string, source: string): void {
  const diagnostics = [{ function: name, line: 1, column: 1, message: 'Unexpected', lineText: source }];
  if (source === 'syntax error') throw new HearthError('BUILD_FAILED', { reason: 'Unexpected' }, { diagnostics });
  if (source === 'throws') throw new HearthError('LOAD_FAILED', { reason: 'at load' }, { diagnostics });
  if (source === 'crash') throw new TypeError('secret place of the crash');
  if (source === 'worker gone') throw new HearthError('WORKER_UNAVAILABLE', { reason: 'It is restarting.' });
  if (source === 'foreign') throw new HearthError('FUNCTION_MISSING', { name });
}

/** Numbers that differ from each other, so that a mix-up shows. */
export const workerMetrics: WorkerMetrics = {
  requests: 11,
  requestErrors: 2,
  connections: 3,
  connectionsTotal: 14,
  messagesReceived: 15,
  messagesSent: 16,
  logLinesDropped: 7,
  requestsActive: 21,
  requestsQueued: 22,
  refused: 23,
  timeouts: 24,
  stopped: 25,
  buffered: 26,
  listening: true,
  functions: 8,
  memory: { rss: 104, heapUsed: 101, heapTotal: 102, external: 103 },
  eventLoopDelay: { mean: 1.5, p99: 12, max: 30 },
};

const lastRecord: LoggedRecord = { id: 9, time: 3, level: 'warn', message: 'before the end', function: 'f' };

/** A report with all that one can say. */
export const stuckReport: CrashReport = {
  id: '2026-01-31T12-00-00-000Z-0a1b2c3d',
  at: 1_700_000_000_005,
  pid: 76,
  code: null,
  signal: 'SIGKILL',
  cause: 'stuck',
  message: 'the event loop was blocked for 5000 ms in f, revision 2, line 3.',
  servedMs: 61_000,
  place: { function: 'f', revision: 2, line: 3, column: 9 },
  quarantined: true,
  stack: ['f.ts:3:9', 'lib/g.ts'],
  suspects: [{ function: 'f', revision: 2, bytes: 1024 }],
  logs: [lastRecord],
  metrics: workerMetrics,
};

/** A report of an end that left nothing. */
export const bareReport: CrashReport = {
  id: '2026-01-31T11-00-00-000Z-4e5f6071',
  at: 1_700_000_000_004,
  pid: null,
  code: 134,
  signal: null,
  cause: 'exited',
  message: 'the worker ended with exit code 134.',
  servedMs: 0,
  quarantined: false,
  stack: [],
  suspects: [],
  logs: [],
  metrics: null,
};

/** What {@link stuckReport} has disabled. */
export const stuckFunction: QuarantinedFunction = {
  name: 'f',
  revision: 2,
  reason: stuckReport.message,
  since: stuckReport.at,
  crash: stuckReport.id,
  previous: 1,
};
