import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createBuilder } from '../build/builder.ts';
import type { Config } from '../config.ts';
import { HearthError, messageOf } from '../kernel/errors.ts';
import type { Logger, LogFields, LogLevel } from '../kernel/logger.ts';
import type { WorkerSettings } from '../kernel/protocol.ts';
import { toBuilt } from '../kernel/revision.ts';
import type { FunctionStore } from '../kernel/store.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { createApi } from './api/api.ts';
import { LiveCatalog } from './catalog.ts';
import { CrashFiles } from './crashes.ts';
import { bindListener, type Listener } from './listener.ts';
import { createLogBook } from './logs/book.ts';
import { SerialPublisher } from './publisher.ts';
import { Quarantine } from './quarantine.ts';
import { readLive } from './rebuild.ts';
import { createRunner } from './runner.ts';
import type { LogBook } from './services.ts';
import { openAdminGate, openServerSecret } from './secrets.ts';
import { markStarter, readStarter } from './starter.ts';
import { WorkerSupervisor } from './supervisor.ts';
import { workerFlags } from './worker-flags.ts';

/** Where a host finds the files that came with it. */
export interface HostFiles {
  readonly version: string;
  /** The worker's program. */
  readonly worker: string;
  /** The folder of the starter functions. */
  readonly starter: string;
}

/** A host that serves. */
export interface Control {
  readonly port: number;
  readonly consolePort: number;
  /** The admin token, when this start has made it: to be shown once. */
  readonly madeToken: string | undefined;
  /** Puts a fresh worker in the place of the serving one. */
  restart(reason: string): Promise<void>;
  /** Finishes what is under way, within the stop timeout, and closes everything. */
  close(): Promise<void>;
}

/** Closes what was opened, last first, when a start fails half way and at the end. */
class Closing {
  readonly #steps: (() => unknown)[] = [];
  add(step: () => unknown): void {
    this.#steps.push(step);
  }
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step();
  }
}

/** Starts a host; resolves when functions can be called. Throws `HearthError`s that say what to change. */
export async function startControl(config: Config, files: HostFiles, terminal: Logger): Promise<Control> {
  const closing = new Closing();
  try {
    return await start(config, files, terminal, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function start(config: Config, files: HostFiles, terminal: Logger, closing: Closing): Promise<Control> {
  const store = await openSqliteStore({ dir: config.dataDir, historyLimit: config.historyLimit });
  closing.add(() => store.close());
  const logs = await createLogBook({ dir: join(config.dataDir, 'logs'), onRecord: (record) => terminal.log(record) });
  closing.add(() => logs.close());
  const log = (level: LogLevel, message: string, fields: LogFields = {}): void => logs.log({ time: Date.now(), level, message, ...fields });
  const gate = await openAdminGate(store, config.adminToken);
  const listener = await bindListener(config.host, config.port);
  closing.add(() => listener.close());
  const builder = createBuilder({ guards: config.limits.cpuTime > 0 });
  closing.add(() => builder.close());
  const catalog = new LiveCatalog(await readLive(store, builder, log));
  const { supervisor, quarantine, crashes } = await createSupervision({ config, files, store, listener, catalog, logs, log });
  closing.add(() => crashes.close());
  const publisher = new SerialPublisher({ builder, store, catalog, quarantine, supervisor, log });
  const api = createApi({
    version: files.version,
    appId: config.appId,
    functionsUrl: `http://${toUrlHost(config.host)}:${listener.port}`,
    startedAt: Date.now(),
    store,
    catalog,
    publisher,
    runner: createRunner(builder, catalog, supervisor),
    supervisor,
    crashes,
    logs,
    sourceLimit: config.sourceLimit,
    isAdmin: (token) => gate.isAdmin(token),
  });
  const server = createServer(api.callback());
  await listen(server, config);
  // While the worker drains, the API still answers: that the host is not ready, first of all.
  closing.add(() => closeServer(server, api));
  closing.add(() => publisher.idle());
  closing.add(() => supervisor.stop());
  await Promise.all([supervisor.start(), builder.warm()]);
  const starter = await readStarter(store, files.starter, catalog.list().length === 0);
  if (starter.length > 0) await publisher.publish({ functions: starter, deleted: [] });
  await markStarter(store);
  await gate.keep();
  return {
    port: listener.port,
    consolePort: portOf(server.address()),
    madeToken: gate.made,
    restart: (reason) => supervisor.restart(reason),
    close: () => closing.run(),
  };
}

interface Ground {
  readonly config: Config;
  readonly files: HostFiles;
  readonly store: FunctionStore;
  readonly listener: Listener;
  readonly catalog: LiveCatalog;
  readonly logs: LogBook;
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
}

interface Supervision {
  readonly supervisor: WorkerSupervisor;
  readonly quarantine: Quarantine;
  readonly crashes: CrashFiles;
}

async function createSupervision({ config, files, store, listener, catalog, logs, log }: Ground): Promise<Supervision> {
  const crashes = await CrashFiles.open(join(config.dataDir, 'crashes'), (message) => log('warn', message));
  const quarantine = new Quarantine(async (name, revision) => {
    const history = await store.revisions(name);
    return history.map((summary) => summary.revision).filter((earlier) => earlier < revision);
  });
  const settings = await toWorkerSettings(config, await openServerSecret(store, config.serverSecret));
  const supervisor = new WorkerSupervisor({
    entry: files.worker,
    flags: workerFlags({ entry: files.worker, settings, permissions: config.permissions }),
    settings,
    listener,
    stopTimeout: config.stopTimeout,
    quarantine,
    crashes,
    functions: () => catalog.list().map(toBuilt),
    onLogs: (records) => records.forEach((record) => logs.log(record)),
    recentLogs: () => logs.query({}, 20),
    log,
  });
  return { supervisor, quarantine, crashes };
}

async function toWorkerSettings(config: Config, serverSecret: string): Promise<WorkerSettings> {
  const packagesDir = join(config.dataDir, 'packages');
  await mkdir(packagesDir, { recursive: true });
  // A worker that was killed leaves the uploads it had.
  const uploadDir = join(config.dataDir, 'uploads');
  await rm(uploadDir, { recursive: true, force: true });
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  return { appId: config.appId, serverSecret, env: config.appEnv, packagesDir, uploadDir, origins: config.origins, limits: config.limits };
}

function listen(server: ReturnType<typeof createServer>, { host, consolePort }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const reason = 'code' in error ? String(error.code) : messageOf(error);
      reject(new HearthError('PORT_UNAVAILABLE', { host, port: consolePort, reason, variable: 'CONSOLE_PORT' }));
    });
    server.listen(consolePort, host, resolve);
  });
}

function closeServer(server: ReturnType<typeof createServer>, api: { close(): void }): Promise<void> {
  return new Promise((resolve) => {
    api.close();
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
}

function portOf(address: string | AddressInfo | null): number {
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
