import { messageOf } from '../../kernel/errors.ts';
import { Attribution } from '../../kernel/calls/attribution.ts';
import { Calls } from '../../kernel/calls/calls.ts';
import type { WorkerSettings } from '../../kernel/protocol/protocol.ts';
import { Registry } from '../../kernel/functions/registry.ts';
import { type App, createCounters } from './app.ts';
import { createCloud } from '../cloud/cloud.ts';
import { AppDatabase } from '../cloud/mongo.ts';
import { sdkModule } from '../cloud/module.ts';
import { createLoader } from '../functions/loader.ts';
import { createPackages } from '../functions/packages.ts';
import { createProcessView } from '../functions/process.ts';
import { SourcePlaces } from '../functions/sources.ts';
import { drainHttp } from '../triggers/http/http-drain.ts';
import { createRequestHandler } from '../triggers/http/handler.ts';
import { createInvoke } from '../triggers/call/invoke-call.ts';
import { createHttpServer, type HttpServer } from '../triggers/http/http-server.ts';
import { type SendLogs, WorkerLogs } from './logs.ts';
import { TickShape } from './tick.ts';
import { createLafHttp } from '../dialects/laf/http.ts';
import { verifyToken } from '../dialects/laf/token.ts';
import type { WatchdogLink } from '../watchdog/link.ts';
import { Pulse } from '../watchdog/pulse.ts';
import { Broadcaster } from '../sockets/broadcast.ts';
import { createSocketServer, type SocketServer } from '../sockets/server.ts';

/** An app with all that serves it. */
export interface WorkerApp {
  readonly app: App;
  readonly registry: Registry;
  readonly places: SourcePlaces;
  readonly logs: WorkerLogs;
  readonly sockets: SocketServer;
  readonly server: HttpServer;
  /** Kept as long as the app. */
  readonly ticks: TickShape;
  /** The database of the app's functions, if it has one. */
  readonly database: AppDatabase | undefined;
  /** Finishes requests and closes sockets; resolves at the latest after `deadline` milliseconds. */
  close(deadline: number): Promise<void>;
}

/** Puts the parts of an app together. Nothing listens and no function is evaluated yet. */
export function createWorkerApp(settings: WorkerSettings, sendLogs: SendLogs, watchdog?: WatchdogLink): WorkerApp {
  const counters = createCounters();
  const places = new SourcePlaces();
  const logs = new WorkerLogs({
    current: () => calls.current,
    places,
    linesPerSecond: settings.limits.logLines,
    send: sendLogs,
    unsent: watchdog?.unsent,
  });
  const calls: Calls = new Calls({
    attribution: new Attribution(watchdog?.running, watchdog?.notify),
    counters,
    log: (level, message, fields) => logs.log(level, message, fields),
    logThrown: (thrown, call) => logs.failed(thrown, call),
  });
  const pulse = new Pulse(calls, settings.limits, watchdog?.flags, watchdog?.notify);
  const registry: Registry = new Registry((module, importFunction) => loader(module, importFunction));
  const app: App = {
    settings,
    functions: registry,
    http: createLafHttp((token) => verifyToken(token, settings.serverSecret)),
    calls,
    scope: calls.scope,
    counters,
    pulse,
    log: (level, message, fields) => logs.log(level, message, fields),
    failed: (thrown, call) => logs.failed(thrown, call),
    verifyToken: (token) => verifyToken(token, settings.serverSecret),
  };
  const sockets = createSocketServer(app);
  const broadcaster = new Broadcaster(sockets.sockets);
  const database = openDatabase(app);
  const cloud = createCloud({
    appId: settings.appId,
    env: { ...settings.env },
    serverSecret: settings.serverSecret,
    sockets: sockets.sockets,
    broadcast: (data, targets) => broadcaster.send(data, targets),
    database,
    invoke: createInvoke(calls, registry),
  });
  const sdk = sdkModule(cloud);
  // A package may take longer to load than a function may run.
  const packages = createPackages(settings.packagesDir, sdk, () => pulse.beat());
  const loader = createLoader({ calls, places, pulse, console: logs, process: createProcessView(cloud.env), packages, sdk });
  const server = createHttpServer(app, createRequestHandler(app, { functions: registry, dialect: app.http }));
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  const ticks = new TickShape();
  ticks.keep();
  pulse.start();
  watchdog?.notify({ type: 'limits', ...settings.limits });
  return {
    app,
    registry,
    places,
    logs,
    sockets,
    server,
    ticks,
    database,
    close: async (deadline) => {
      await Promise.all([drainHttp(server, deadline), sockets.close(deadline)]);
      await database?.close();
    },
  };
}

function openDatabase(app: App): AppDatabase | undefined {
  const { databaseUri } = app.settings;
  if (databaseUri === undefined) return undefined;
  return new AppDatabase(databaseUri, (error) =>
    app.log('error', `the functions' database cannot be reached, trying again: ${messageOf(error)}`),
  );
}
