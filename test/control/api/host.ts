import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Api, createApi, defaultApiLimits } from '../../../runtime/control/api/api.ts';
import type { ApiLimits } from '../../../runtime/control/api/route.ts';
import { type LogBook, createLogBook } from '../../../runtime/control/logs/log-book.ts';
import type { ControlServices } from '../../../runtime/control/api/services.ts';
import type { RunRequest } from '../../../runtime/control/app/publishing/draft-run.ts';
import type { CrashReport } from '../../../runtime/control/app/workers/crash-report.ts';
import type { SupervisorStatus } from '../../../runtime/control/app/workers/supervisor.ts';
import { type CallOptions, type Reply, send, token } from './client.ts';
import { type Conformance, createConformance } from './conformance.ts';
import { type FakeImport, fakeTransfer, MemoryFunctions, MemoryPublisher, memoryStore, workerMetrics } from './fakes.ts';
import { fakeSupervisor, runLike } from './worker.ts';

/** A log that says how many follow it. */
interface CountedLogs extends LogBook {
  subscribers(): number;
}

interface Fakes {
  readonly logs: CountedLogs;
  readonly publisher: MemoryPublisher;
  /** Runs that the API asked for. */
  readonly runs: RunRequest[];
  /** What says that nobody waits for these any more. */
  readonly runSignals: AbortSignal[];
  /** Calls of the worker, `[method, params]`. */
  readonly workerCalls: unknown[];
  /** The reports that are kept, newest first. */
  readonly reports: CrashReport[];
  /** Reasons of the restarts that the API asked for. */
  readonly restarts: string[];
  /** What the API asked to be imported, and how. */
  readonly imports: FakeImport[];
  /** What `status()` answers; may be replaced. */
  supervision: SupervisorStatus;
}

/** The API on a port, over services in memory. */
export interface TestHost extends Fakes {
  readonly api: Api;
  readonly port: number;
  readonly conformance: Conformance;
  /** Calls the API with the token; checks the answer against the API's own description. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  /** Resolves when the server has closed. */
  closeServer(): Promise<void>;
}

/** Starts a host that ends with the test. */
export async function startHost(limits: Partial<ApiLimits> = {}): Promise<TestHost> {
  const dir = await mkdtemp(join(tmpdir(), 'hearth-api-'));
  const logs = countSubscribers(await createLogBook({ dir }));
  const functions = new MemoryFunctions();
  const fakes: Fakes = {
    logs,
    publisher: new MemoryPublisher(functions),
    runs: [],
    runSignals: [],
    workerCalls: [],
    reports: [],
    restarts: [],
    imports: [],
    supervision: serving,
  };
  const api = createApi(fakeServices(fakes, functions), { ...defaultApiLimits, ...limits });
  const server = createServer(api.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const closeServer = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
  onTestFinished(async () => {
    api.close();
    server.closeAllConnections();
    if (server.listening) await closeServer();
    await logs.close();
    await rm(dir, { recursive: true });
  });
  const described = await send({ port, method: 'GET', path: '/v1/openapi.json' });
  const conformance = createConformance(described.body);
  return Object.assign(fakes, {
    api,
    port,
    conformance,
    closeServer,
    async call(method: string, path: string, body?: unknown, options: CallOptions = {}) {
      const reply = await send({ port, method, path, body, ...options });
      conformance.check(method, path, reply);
      return reply;
    },
  });
}

const serving: SupervisorStatus = {
  worker: { state: 'serving', pid: 77, since: 1_700_000_000_000 },
  standby: 'ready',
  restarts: 0,
  lastCrash: undefined,
  quarantined: [],
  metrics: workerMetrics,
};

function fakeServices(fakes: Fakes, functions: MemoryFunctions): ControlServices {
  return {
    version: '1.2.3',
    appId: 'app',
    functionsUrl: 'http://127.0.0.1:4000',
    startedAt: Date.now() - 5000,
    store: memoryStore(functions),
    storage: 'sqlite',
    loads: { errorOf: ({ loadError }) => loadError },
    sync: { list: () => [] },
    catalog: functions,
    publisher: fakes.publisher,
    runner: {
      run: (asked, signal) => {
        fakes.runSignals.push(signal);
        return runLike(asked, fakes.runs, signal);
      },
    },
    checker: {
      check: async (drafts) =>
        drafts.map(({ name, source }) => {
          const place = { line: 1, column: 1, endLine: 1, endColumn: 2, lineText: source };
          return { function: name, ...place, message: 'wrong', code: 2322, severity: 'error' };
        }),
    },
    supervisor: fakeSupervisor({ calls: fakes.workerCalls, restarts: fakes.restarts, status: () => fakes.supervision }),
    crashes: { list: () => fakes.reports, get: (id) => fakes.reports.find((report) => report.id === id) },
    transfer: fakeTransfer(memoryStore(functions), fakes.imports),
    logs: fakes.logs,
    sourceLimit: 1000,
    isAdmin: (given) => given === token,
  };
}

function countSubscribers(book: LogBook): CountedLogs {
  const listeners = new Set<unknown>();
  return {
    log: (record) => book.log(record),
    query: (filter, limit) => book.query(filter, limit),
    subscribe(filter, afterId, listener) {
      const unsubscribe = book.subscribe(filter, afterId, listener);
      listeners.add(unsubscribe);
      return () => {
        listeners.delete(unsubscribe);
        unsubscribe();
      };
    },
    close: () => book.close(),
    subscribers: () => listeners.size,
  };
}
