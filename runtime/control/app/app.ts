import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { Builder } from '../../build/builder.ts';
import { toBuilt } from '../../kernel/functions/revision.ts';
import type { FunctionStore } from '../../kernel/ports/function-store.ts';
import type { LogFields, LogLevel } from '../../kernel/ports/logger.ts';
import type { WorkerSettings } from '../../kernel/protocol/settings.ts';
import type { LogBook } from '../logs/log-book.ts';
import { LiveCatalog } from './publishing/catalog.ts';
import { Deployments } from './publishing/deployment.ts';
import { DraftRunner } from './publishing/draft-run.ts';
import { readLive } from './publishing/live-functions.ts';
import { LoadStates } from './publishing/load-states.ts';
import { Publisher } from './publishing/publisher.ts';
import { publishStarter } from './publishing/starter.ts';
import { StoreSync } from './publishing/sync.ts';
import { openServerSecret } from './settings/server-secret.ts';
import { Transfer } from './transfer/transfer.ts';
import { reportHostDeath } from './workers/crash-cause.ts';
import { CrashFiles } from './workers/crash-files.ts';
import { Quarantine } from './workers/quarantine.ts';
import { StartAttempts } from './workers/start-attempts.ts';
import { WorkerSupervisor } from './workers/supervisor.ts';
import { workerFlags } from './workers/worker-flags.ts';

export interface AppOptions {
  readonly config: AppSettings;
  /** The folder of the app's data: packages, uploads, crash reports. */
  readonly dataDir: string;
  readonly store: FunctionStore;
  /** The connection string of the database that functions use; undefined: none. */
  readonly databaseUri: string | undefined;
  readonly builder: Builder;
  /** The bound port that the app's workers accept on. */
  readonly handle: Server;
  readonly worker: string;
  /** The folder of the functions that an empty store begins with. */
  readonly starter: string;
  readonly version: string;
  readonly logs: LogBook;
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
}

/** What the configuration says of an app. Times are milliseconds. */
export interface AppSettings extends Pick<WorkerSettings, 'env' | 'origins' | 'limits'> {
  readonly id: string;
  /** Undefined: one is made at the first start and kept. */
  readonly serverSecret: string | undefined;
  /** Whether workers run under Node's permission model. */
  readonly permissions: 'full' | 'restricted';
  /** What a worker has to finish what is under way when it is stopped. */
  readonly stopTimeout: number;
}

// Lines of the log that a crash report holds.
const crashLogLines = 20;

/** An app on the control side: its functions, settings, workers and publishing. Its maker stops and closes it. */
export class ControlApp {
  readonly catalog: LiveCatalog;
  readonly publisher: Publisher;
  readonly sync: StoreSync;
  readonly runner: DraftRunner;
  readonly loads = new LoadStates();
  readonly transfer: Transfer;
  readonly supervisor: WorkerSupervisor;
  readonly crashes: CrashFiles;
  readonly #options: AppOptions;
  readonly #deployments: Deployments;
  readonly #attempts: StartAttempts;
  readonly #quarantine: Quarantine;

  private constructor(options: AppOptions, crashes: CrashFiles, settings: WorkerSettings) {
    const { config, store, builder, log } = options;
    const catalog = new LiveCatalog([]);
    const attempts = new StartAttempts(join(options.dataDir, 'start-attempts.json'), (message) => log('warn', message));
    const quarantine = new Quarantine(async (name, revision) => {
      const history = await store.revisions(name);
      return history.map((summary) => summary.revision).filter((earlier) => earlier < revision);
    }, attempts);
    this.#attempts = attempts;
    this.#quarantine = quarantine;
    this.#options = options;
    this.catalog = catalog;
    this.crashes = crashes;
    this.supervisor = new WorkerSupervisor({
      entry: options.worker,
      flags: workerFlags({ entry: options.worker, settings, permissions: config.permissions }),
      settings,
      handle: options.handle,
      stopTimeout: config.stopTimeout,
      quarantine,
      attempts,
      crashes,
      functions: () => catalog.list().map(toBuilt),
      onLoad: (report) => this.loads.take(report),
      onLogs: (records) => records.forEach((record) => options.logs.log(record)),
      recentLogs: () => options.logs.query({}, crashLogLines),
      log,
    });
    this.#deployments = new Deployments({ workers: this.supervisor, catalog, quarantine, log });
    const publishing = { builder, store, catalog, deployments: this.#deployments, log };
    this.publisher = new Publisher(publishing);
    this.sync = new StoreSync(publishing);
    this.runner = new DraftRunner(builder, catalog, this.supervisor);
    this.transfer = new Transfer(publishing, { version: options.version, appId: config.id, serverSecret: config.serverSecret });
  }

  /** Reads what the store holds, and starts the process of the first worker. Nothing serves yet. */
  static async open(options: AppOptions): Promise<ControlApp> {
    const { dataDir, log } = options;
    const crashes = await CrashFiles.open(join(dataDir, 'crashes'), (message) => log('warn', message));
    const app = new ControlApp(options, crashes, await toWorkerSettings(options));
    // The process takes as long to start as reading the functions takes.
    app.supervisor.prepare();
    try {
      app.catalog.apply(await readLive(options.store, options.builder, log), []);
      app.#judgeEarlierStarts();
    } catch (error) {
      await app.supervisor.stop();
      throw error;
    }
    return app;
  }

  /** Resolves when functions can be called, and when what other hosts have published is live here. */
  async start(): Promise<void> {
    const { store, starter } = this.#options;
    await this.supervisor.start();
    await publishStarter({ store, publisher: this.publisher, dir: starter, empty: this.catalog.list().length === 0 });
    await this.sync.start();
  }

  /** Disables what has ended workers at earlier starts, or the host itself. */
  #judgeEarlierStarts(): void {
    const { logs, log } = this.#options;
    const { trying } = this.#attempts;
    if (trying) {
      const report = reportHostDeath(trying, logs.query({}, crashLogLines));
      const quarantined = this.#attempts.fail(trying, report, false);
      this.crashes.add({ ...report, quarantined });
      log('error', `${report.message} Crash report ${report.id}`, trying);
    }
    for (const { function: name, revision, id, at, message } of this.#attempts.guilty()) {
      if (this.catalog.get(name)?.revision !== revision) continue;
      this.#quarantine.add({ id, at, message, place: { function: name, revision } });
      log('error', `${name}, revision ${revision}, is disabled until you publish a new revision`, { function: name, revision });
    }
  }

  /** Finishes deployments and writes what is pending; stop the workers before. */
  async close(): Promise<void> {
    this.sync.close();
    await this.#deployments.idle();
    await this.crashes.close();
  }
}

async function toWorkerSettings({ config, dataDir, store, databaseUri }: AppOptions): Promise<WorkerSettings> {
  const packagesDir = join(dataDir, 'packages');
  await mkdir(packagesDir, { recursive: true });
  // A worker that was killed leaves the uploads it had.
  const uploadDir = join(dataDir, 'uploads');
  await rm(uploadDir, { recursive: true, force: true });
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  const { id: appId, env, origins, limits } = config;
  const serverSecret = await openServerSecret(store, config.serverSecret);
  return { appId, serverSecret, env, packagesDir, uploadDir, databaseUri, origins, limits };
}
