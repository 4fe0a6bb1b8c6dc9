import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createBuilder } from '../../build/builder.ts';
import type { Config } from './config.ts';
import type { Logger, LogFields, LogLevel } from '../../kernel/ports/logger.ts';
import type { WorkerSettings } from '../../kernel/protocol/protocol.ts';
import { toBuilt } from '../../kernel/functions/revision.ts';
import { type Api, createApi } from '../api/api.ts';
import { LiveCatalog } from '../app/publishing/catalog.ts';
import { Closing } from './closing.ts';
import { SignInCode } from '../console/code.ts';
import { type Console, createConsole } from '../console/console.ts';
import { openFiles } from '../console/files.ts';
import { Gate } from '../console/gate.ts';
import { createPeers } from '../console/peer.ts';
import { openConsole } from '../console/server.ts';
import { Sessions } from '../console/sessions.ts';
import { CrashFiles } from '../app/workers/crashes.ts';
import { createLanguage, type Language } from '../language/language.ts';
import { bindListener, type Listener } from './listener.ts';
import { createLogBook } from '../logs/book.ts';
import { SerialPublisher } from '../app/publishing/publisher.ts';
import { Quarantine } from '../app/workers/quarantine.ts';
import { readLive } from '../app/publishing/rebuild.ts';
import { Reconciler } from '../app/publishing/reconciler.ts';
import { createRunner } from '../app/publishing/runner.ts';
import type { ControlServices, LogBook } from '../services.ts';
import { openServerSecret } from '../app/settings/server-secret.ts';
import { type AdminGate, openAdminGate } from './secrets.ts';
import { publishStarter } from '../app/publishing/starter.ts';
import { createTransfer } from '../app/transfer/transfer.ts';
import { openStorage, type Storage } from './storage.ts';
import { WorkerSupervisor } from '../app/workers/supervisor.ts';
import { workerFlags } from '../app/workers/worker-flags.ts';

/** Where a host finds the files that came with it. */
export interface HostFiles {
  readonly version: string;
  /** The worker's program. */
  readonly worker: string;
  /** The program that keeps a mongod running. */
  readonly keeper: string;
  /** The folder of the starter functions. */
  readonly starter: string;
  /** The folder of the SDK's sources, whose types functions are checked against. */
  readonly sdk: string;
  /** The folder of the built web app, which may be missing. */
  readonly web: string;
}

/** A host that serves. */
export interface Control {
  readonly port: number;
  readonly consolePort: number;
  /** The admin token, when this start has made it: to be shown once. */
  readonly madeToken: string | undefined;
  /** Makes a link by which one browser can sign in to the console within an hour; an earlier one is void. */
  signInLink(): string;
  /** Puts a fresh worker in the place of the serving one. */
  restart(reason: string): Promise<void>;
  /** Finishes what is under way, within the stop timeout, and closes everything. */
  close(): Promise<void>;
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
  const logs = await createLogBook({ dir: join(config.dataDir, 'logs'), onRecord: (record) => terminal.log(record) });
  closing.add(() => logs.close());
  const log = (level: LogLevel, message: string, fields: LogFields = {}): void => logs.log({ time: Date.now(), level, message, ...fields });
  const server = await openConsole(config.host, config.consolePort);
  const closeConsole = closing.add(() => server.close());
  const listener = await bindListener(config.host, config.port);
  closing.add(() => listener.close());
  const storage = await openStorage({ config, keeper: files.keeper, log });
  closing.add(() => storage.close());
  const { store } = storage;
  const gate = await openAdminGate(store, config.adminToken);
  const builder = createBuilder({ guards: config.limits.cpuTime > 0 });
  closing.add(() => builder.close());
  const catalog = new LiveCatalog([]);
  const supervision = await createSupervision({ config, files, storage, listener, catalog, logs, log }, closing);
  const { supervisor, quarantine, crashes } = supervision;
  catalog.apply(await readLive(store, builder, log), []);
  const language = openLanguage({ config, files, catalog, log }, closing);
  const publisher = new SerialPublisher({ builder, store, catalog, quarantine, supervisor, log });
  const inTurn = (work: () => Promise<void>): Promise<void> => publisher.inTurn(work);
  const reconciler = new Reconciler({ builder, store, catalog, quarantine, supervisor, inTurn, log });
  const services: ControlServices = {
    version: files.version,
    appId: config.appId,
    functionsUrl: config.functionsUrl ?? `http://${toUrlHost(config.host)}:${listener.port}`,
    startedAt: Date.now(),
    store,
    storage: storage.kind,
    catalog,
    publisher,
    runner: createRunner(builder, catalog, supervisor),
    supervisor,
    follower: reconciler,
    crashes,
    transfer: createTransfer({ builder, store, catalog, quarantine, supervisor, inTurn, log }, { ...config, version: files.version }),
    checker: language,
    logs,
    sourceLimit: config.sourceLimit,
    isAdmin: (token) => gate.isAdmin(token),
  };
  const api = createApi(services);
  const code = new SignInCode();
  const console = await assembleConsole({ config, files, gate, services, api, code, language, functionsPort: listener.port, log });
  server.use(console);
  // While the worker drains, the API still answers: that the host is not ready, first of all.
  closing.move(closeConsole);
  closing.add(() => console.close());
  closing.add(() => api.close());
  closing.add(() => publisher.idle());
  closing.add(() => reconciler.close());
  closing.move(supervision.stop);
  await Promise.all([supervisor.start(), builder.warm()]);
  await publishStarter({ store, publisher, dir: files.starter, empty: catalog.list().length === 0 });
  await reconciler.start();
  const madeToken = await gate.keep();
  const restart = (reason: string): Promise<void> => supervisor.restart(reason);
  const signInLink = (): string => `http://${toUrlHost(config.host)}:${server.port}/#code=${code.make()}`;
  return { port: listener.port, consolePort: server.port, madeToken, signInLink, restart, close: () => closing.run() };
}

/** Has the functions for TypeScript, in step with what is live. */
function openLanguage(ground: Pick<Ground, 'config' | 'files' | 'catalog' | 'log'>, closing: Closing): Language {
  const { config, files, catalog, log } = ground;
  const { dataDir } = config;
  const language = createLanguage({
    dir: join(dataDir, 'workspace'),
    sdk: files.sdk,
    packagesDir: join(dataDir, 'packages'),
    functions: catalog.list(),
    log,
  });
  closing.add(() => language.close());
  catalog.onChange = (revisions, deleted) => language.functionsChanged(revisions, deleted);
  return language;
}

interface ConsoleGround extends Pick<Ground, 'config' | 'files' | 'log'> {
  readonly gate: AdminGate;
  readonly services: ControlServices;
  readonly api: Api;
  readonly code: SignInCode;
  readonly language: Language;
  readonly functionsPort: number;
}

async function assembleConsole({
  config,
  files,
  gate,
  services,
  api,
  code,
  language,
  functionsPort,
  log,
}: ConsoleGround): Promise<Console> {
  const sessions = await Sessions.open({
    file: join(config.dataDir, 'console-sessions.json'),
    fingerprint: (salt) => gate.fingerprint(salt),
    onError: (message) => log('warn', message),
  });
  const consoleGate = new Gate(sessions, createPeers(config.limits.trustedAddresses));
  const { functionsUrl } = config;
  return createConsole({ services, api, gate: consoleGate, code, functionsPort, functionsUrl, language }, openFiles(files.web));
}

interface Ground {
  readonly config: Config;
  readonly files: HostFiles;
  readonly storage: Storage;
  readonly listener: Listener;
  readonly catalog: LiveCatalog;
  readonly logs: LogBook;
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
}

interface Supervision {
  readonly supervisor: WorkerSupervisor;
  readonly quarantine: Quarantine;
  readonly crashes: CrashFiles;
  /** The step that ends all workers. */
  readonly stop: () => unknown;
}

/** Also starts the first worker's process. */
async function createSupervision(ground: Ground, closing: Closing): Promise<Supervision> {
  const { config, files, storage, listener, catalog, logs, log } = ground;
  const { store, databaseUri } = storage;
  const crashes = await CrashFiles.open(join(config.dataDir, 'crashes'), (message) => log('warn', message));
  closing.add(() => crashes.close());
  const quarantine = new Quarantine(async (name, revision) => {
    const history = await store.revisions(name);
    return history.map((summary) => summary.revision).filter((earlier) => earlier < revision);
  });
  const settings = await toWorkerSettings(config, await openServerSecret(store, config.serverSecret), databaseUri);
  const supervisor = new WorkerSupervisor({
    entry: files.worker,
    flags: workerFlags({ entry: files.worker, settings, permissions: config.permissions }),
    settings,
    handle: listener.handle,
    stopTimeout: config.stopTimeout,
    quarantine,
    crashes,
    functions: () => catalog.list().map(toBuilt),
    onLogs: (records) => records.forEach((record) => logs.log(record)),
    recentLogs: () => logs.query({}, 20),
    log,
  });
  // Its process takes as long to start as all that control reads meanwhile.
  const stop = closing.add(() => supervisor.stop());
  supervisor.prepare();
  return { supervisor, quarantine, crashes, stop };
}

async function toWorkerSettings(config: Config, serverSecret: string, databaseUri: string | undefined): Promise<WorkerSettings> {
  const packagesDir = join(config.dataDir, 'packages');
  await mkdir(packagesDir, { recursive: true });
  // A worker that was killed leaves the uploads it had.
  const uploadDir = join(config.dataDir, 'uploads');
  await rm(uploadDir, { recursive: true, force: true });
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  const { appId, appEnv: env, origins, limits } = config;
  return { appId, serverSecret, env, packagesDir, uploadDir, databaseUri, origins, limits };
}

function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
