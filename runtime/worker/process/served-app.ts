import { messageOf } from '../../kernel/errors.ts';
import { Attribution } from '../../kernel/calls/attribution.ts';
import { Calls } from '../../kernel/calls/calls.ts';
import type { WorkerSettings } from '../../kernel/protocol/settings.ts';
import { Registry } from '../../kernel/functions/registry.ts';
import type { Log } from '../../kernel/calls/warnings.ts';
import type { LogFields } from '../../kernel/ports/logger.ts';
import type { Instantiate } from '../../kernel/functions/module.ts';
import type { HttpDialect } from '../triggers/http/http-call.ts';
import { mapCounters } from '../../kernel/protocol/metrics.ts';
import type { App } from './app-context.ts';
import { createCloud } from '../cloud/cloud.ts';
import { AppDatabase } from '../cloud/app-database.ts';
import { SharedMap } from '../cloud/shared-map.ts';
import { sdkModule } from '../cloud/sdk-module.ts';
import { createLoader } from '../functions/loader.ts';
import { LoadReports, type TellLoad } from '../functions/load-reports.ts';
import { createPackages } from '../functions/packages.ts';
import { Disposals } from '../functions/disposals.ts';
import { ownChangeStreams } from '../functions/owned-resources.ts';
import { ProcessEvents } from '../functions/process-events.ts';
import { type CodeFile, SourcePositions } from '../functions/source-positions.ts';
import { drainHttp } from '../triggers/http/http-drain.ts';
import { createRequestHandler } from '../triggers/http/handler.ts';
import { createInvoke } from '../triggers/call/invoke-call.ts';
import { createHttpServer, type HttpServer } from '../triggers/http/http-server.ts';
import { type SendLogs, WorkerLogs } from './worker-logs.ts';
import { NextTickRecord } from '../../internals/node-next-tick.ts';
import { createLafHttp } from '../dialects/laf/http.ts';
import { createLafSockets } from '../dialects/laf/sockets.ts';
import { verifyToken } from '../dialects/laf/token.ts';
import type { WatchdogLink } from '../watchdog/watchdog-link.ts';
import { Pulse } from '../watchdog/pulse.ts';
import { Broadcaster } from '../sockets/broadcast.ts';
import { SocketServer } from '../sockets/socket-server.ts';

const untold: TellLoad = { loading: () => {}, outcome: () => {} };

export interface ServedAppOptions {
  readonly settings: WorkerSettings;
  readonly sendLogs: SendLogs;
  readonly tellLoad?: TellLoad;
  /** Absent where nobody watches. */
  readonly watchdog?: WatchdogLink;
}

/** An app with all that serves it. Nothing listens and no function is evaluated until it is told to. Its maker closes it. */
export class ServedApp implements App {
  readonly settings: WorkerSettings;
  readonly functions: Registry;
  readonly loads: LoadReports;
  readonly calls: Calls;
  readonly counters = mapCounters(() => 0);
  readonly http: HttpDialect;
  readonly logs: WorkerLogs;
  readonly positions: SourcePositions;
  readonly processEvents: ProcessEvents;
  readonly disposals: Disposals;
  readonly pulse: Pulse;
  readonly sockets: SocketServer;
  readonly server: HttpServer;
  /** The database of the app's functions, if it has one. */
  readonly database: AppDatabase | undefined;
  /** Kept for as long as the app. */
  readonly ticks = new NextTickRecord();

  constructor({ settings, sendLogs, tellLoad = untold, watchdog }: ServedAppOptions) {
    const verify = (token: string): unknown => verifyToken(token, settings.serverSecret);
    this.settings = settings;
    this.positions = new SourcePositions(settings.packagesDir);
    this.logs = new WorkerLogs({
      current: () => this.calls.current,
      positions: this.positions,
      linesPerSecond: settings.limits.logLines,
      send: sendLogs,
      unsent: watchdog?.unsent,
    });
    this.calls = new Calls({
      attribution: new Attribution(watchdog?.running, watchdog?.notify),
      counters: this.counters,
      log: this.log,
      logThrown: (thrown, call) => this.logs.failed(thrown, call),
    });
    this.processEvents = new ProcessEvents({
      calls: this.calls,
      failed: (thrown, event, by) => this.logs.failed(thrown, undefined, `in a listener for ${event}: `, ownerOf(by)),
    });
    this.disposals = new Disposals({
      calls: this.calls,
      failed: (thrown, evaluation) => this.logs.failed(thrown, evaluation, 'in dispose(): '),
    });
    this.pulse = new Pulse(this.calls, settings.limits, watchdog?.flags, watchdog?.notify);
    this.loads = new LoadReports(this.positions, tellLoad);
    this.functions = new Registry(
      (module, realm) => load(module, realm),
      this.loads,
      (name) => this.calls.lifetimes.end(name),
    );
    this.sockets = new SocketServer(this, createLafSockets(verify));
    this.database = openDatabase(settings.databaseUri, this.log);
    if (this.database) ownChangeStreams(this.calls, prototypesOf(this.database));
    const load = this.#createLoader();
    this.http = createLafHttp(verify);
    this.server = createHttpServer(this, createRequestHandler(this, { functions: this.functions, dialect: this.http }));
    this.server.on('upgrade', (request, socket, head) => this.sockets.handleUpgrade(request, socket, head));
    this.ticks.keep();
    this.pulse.start();
    watchdog?.notify({ type: 'limits', ...settings.limits });
  }

  readonly log: Log = (level, message, fields) => this.logs.log(level, message, fields);

  /** Tells functions that the end has come, finishes requests and closes sockets; resolves at the latest after `deadline` milliseconds. */
  async close(deadline: number): Promise<void> {
    const until = performance.now() + deadline;
    // Its listeners may be what lets a call in flight end.
    await Promise.all([this.processEvents.terminate(deadline), drainHttp(this.server, deadline), this.sockets.close(deadline)]);
    await this.processEvents.beforeExit(Math.max(0, until - performance.now()));
    this.functions.close();
    await this.disposals.settled(Math.max(0, until - performance.now()));
    this.processEvents.exit();
    await this.database?.close();
  }

  #createLoader(): Instantiate {
    const { settings, sockets, calls, functions, positions, processEvents, disposals, pulse, logs, database } = this;
    const broadcaster = new Broadcaster(sockets.sockets);
    const cloud = createCloud({
      appId: settings.appId,
      // Of this process, which control has started with the app's variables and no others.
      get env() {
        return process.env;
      },
      serverSecret: settings.serverSecret,
      shared: new SharedMap(calls),
      sockets: sockets.sockets,
      broadcast: (data, targets) => broadcaster.send(data, targets),
      database,
      invoke: createInvoke(calls, functions),
    });
    const sdk = sdkModule(cloud);
    // A package may take longer to load than a function may run.
    const packages = createPackages(settings.packagesDir, sdk, () => pulse.beat());
    return createLoader({ calls, positions, pulse, console: logs, processEvents, disposals, packages, sdk });
  }
}

/** The classes of the driver that functions watch changes by. */
function prototypesOf({ client, db }: AppDatabase): readonly object[] {
  const prototypes: readonly unknown[] = [client, db, db.collection('any')].map((instance) => Object.getPrototypeOf(instance));
  return prototypes.filter((prototype) => typeof prototype === 'object' && prototype !== null);
}

function ownerOf(by: CodeFile | undefined): LogFields {
  return by?.function === undefined ? {} : { function: by.function, ...(by.revision !== undefined && { revision: by.revision }) };
}

function openDatabase(uri: string | undefined, log: Log): AppDatabase | undefined {
  if (uri === undefined) return undefined;
  return new AppDatabase(uri, (error) => log('error', `the functions' database cannot be reached, trying again: ${messageOf(error)}`));
}
