import { join } from 'node:path';
import { createBuilder } from '../../build/builder.ts';
import type { Config } from './config.ts';
import type { Logger, LogFields, LogLevel } from '../../kernel/ports/logger.ts';
import { createApi } from '../api/api.ts';
import { ControlApp } from '../app/app.ts';
import { Cleanup } from './cleanup.ts';
import { SignInCode } from '../console/sign-in-code.ts';
import { createConsole } from '../console/console-handler.ts';
import { openFiles } from '../console/static-files.ts';
import { Gate } from '../console/gate.ts';
import { createPeers } from '../console/peer.ts';
import { openConsole } from '../console/console-server.ts';
import { Sessions } from '../console/sessions.ts';
import { createLanguage, type Language } from '../language/language.ts';
import { bindListener } from './listener.ts';
import { type LogBook, createLogBook } from '../logs/log-book.ts';
import type { ControlServices } from '../api/services.ts';
import { type AdminGate, openAdminGate } from './secrets.ts';
import { openStorage, type Storage } from './storage.ts';

/** Where a host finds the files that came with it. */
export interface HostFiles {
  readonly version: string;
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
  const cleanup = new Cleanup();
  try {
    return await start(config, files, terminal, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(config: Config, files: HostFiles, terminal: Logger, cleanup: Cleanup): Promise<Control> {
  const { dataDir } = config;
  const logs = await createLogBook({ dir: join(dataDir, 'logs'), onRecord: (record) => terminal.log(record) });
  cleanup.add(() => logs.close());
  const log = (level: LogLevel, message: string, fields: LogFields = {}): void => logs.log({ time: Date.now(), level, message, ...fields });
  const server = await openConsole(config.host, config.consolePort);
  const closeServer = cleanup.add(() => server.close());
  const listener = await bindListener(config.host, config.port);
  cleanup.add(() => listener.close());
  const storage = await openStorage({ config, keeper: files.keeper, log });
  cleanup.add(() => storage.close());
  const { store, databaseUri } = storage;
  const gate = await openAdminGate(store, config.adminToken);
  const builder = createBuilder({ guards: config.app.limits.cpuTime > 0 });
  cleanup.add(() => builder.close());
  const { handle } = listener;
  const app = await ControlApp.open({ ...files, config: config.app, dataDir, store, databaseUri, builder, handle, logs, log });
  const stopWorkers = cleanup.add(() => app.supervisor.stop());
  const language = createLanguage({
    dir: join(dataDir, 'workspace'),
    sdk: files.sdk,
    packagesDir: join(dataDir, 'packages'),
    functions: app.catalog.list(),
    log,
  });
  cleanup.add(() => language.close());
  app.catalog.onChange = (revisions, deleted) => language.functionsChanged(revisions, deleted);
  const code = new SignInCode();
  const services = toServices({ config, app, storage, language, logs, gate, port: listener.port, version: files.version });
  const api = createApi(services);
  const sessions = await Sessions.open({
    file: join(dataDir, 'console-sessions.json'),
    fingerprint: (salt) => gate.fingerprint(salt),
    onError: (message) => log('warn', message),
  });
  const console = createConsole(
    {
      services,
      api,
      gate: new Gate(sessions, createPeers(config.app.limits.trustedAddresses)),
      code,
      functionsPort: listener.port,
      functionsUrl: config.functionsUrl,
      language,
    },
    openFiles(files.web),
  );
  server.use(console);
  // While the worker drains, the API still responds: first of all that the host is not ready.
  cleanup.move(closeServer);
  cleanup.add(() => console.close());
  cleanup.add(() => api.close());
  cleanup.add(() => app.close());
  cleanup.move(stopWorkers);
  await Promise.all([app.start(), builder.warm()]);
  const madeToken = await gate.keep();
  const restart = (reason: string): Promise<void> => app.supervisor.restart(reason);
  const signInLink = (): string => `http://${toUrlHost(config.host)}:${server.port}/#code=${code.make()}`;
  return { port: listener.port, consolePort: server.port, madeToken, signInLink, restart, close: () => cleanup.run() };
}

interface ServicesOptions {
  readonly config: Config;
  readonly app: ControlApp;
  readonly storage: Storage;
  readonly language: Language;
  readonly logs: LogBook;
  readonly gate: AdminGate;
  /** Where functions are called. */
  readonly port: number;
  readonly version: string;
}

function toServices({ config, app, storage, language, logs, gate, port, version }: ServicesOptions): ControlServices {
  const { catalog, publisher, runner, supervisor, loads, sync, crashes, transfer } = app;
  return {
    version,
    appId: config.app.id,
    functionsUrl: config.functionsUrl ?? `http://${toUrlHost(config.host)}:${port}`,
    startedAt: Date.now(),
    store: storage.store,
    storage: storage.kind,
    catalog,
    publisher,
    runner,
    supervisor,
    loads,
    sync,
    crashes,
    transfer,
    checker: language,
    logs,
    sourceLimit: config.app.sourceLimit,
    isAdmin: (token) => gate.isAdmin(token),
  };
}

function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
