import { HearthError } from '../kernel/errors.ts';
import { createInvocationScope } from '../kernel/invocation.ts';
import { invoke } from '../kernel/invoke.ts';
import type { WorkerSettings } from '../kernel/protocol.ts';
import { Registry } from '../kernel/registry.ts';
import type { App } from './app.ts';
import { createCloud } from './cloud/cloud.ts';
import { sdkModule } from './cloud/module.ts';
import { createLoader } from './function/loader.ts';
import { createPackages } from './function/packages.ts';
import { createProcessView } from './function/process.ts';
import { SourcePlaces } from './function/sources.ts';
import { createRequestHandler } from './http/handler.ts';
import { createHttpServer } from './http/server.ts';
import { type SendLogs, WorkerLogs } from './logs.ts';
import { verifyToken } from './token.ts';
import { createSocketServer, type SocketServer } from './websocket/server.ts';

type HttpServer = ReturnType<typeof createHttpServer>;

/** An app with all that serves it. */
export interface WorkerApp {
  readonly app: App;
  readonly registry: Registry;
  readonly places: SourcePlaces;
  readonly logs: WorkerLogs;
  readonly sockets: SocketServer;
  readonly server: HttpServer;
  /** Finishes requests and closes sockets; resolves at the latest after `deadline` milliseconds. */
  close(deadline: number): Promise<void>;
}

/** Puts the parts of an app together. Nothing listens and no function is evaluated yet. */
export function createWorkerApp(settings: WorkerSettings, sendLogs: SendLogs): WorkerApp {
  const scope = createInvocationScope();
  const places = new SourcePlaces();
  const logs = new WorkerLogs(scope, places, settings.limits.logLines, sendLogs);
  const registry: Registry = new Registry((module, importFunction) => loader(module, importFunction));
  const app: App = {
    settings,
    functions: registry,
    scope,
    counters: { requests: 0, requestErrors: 0, connectionsTotal: 0, messagesReceived: 0, messagesSent: 0 },
    log: (level, message, fields) => logs.log(level, message, fields),
    failed: (thrown, invocation) => logs.failed(thrown, invocation),
    verifyToken: (token) => verifyToken(token, settings.serverSecret),
  };
  const sockets = createSocketServer(app);
  const cloud = createCloud({
    appId: settings.appId,
    env: { ...settings.env },
    serverSecret: settings.serverSecret,
    sockets: sockets.sockets,
    invoke: (name, context) => invokeFunction(app, name, context),
  });
  const sdk = sdkModule(cloud);
  const packages = createPackages(settings.packagesDir, sdk);
  const loader = createLoader({ scope, places, console: logs, process: createProcessView(cloud.env), packages, sdk });
  const server = createHttpServer(createRequestHandler(app, registry, settings.uploadDir));
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  return { app, registry, places, logs, sockets, server, close: (deadline) => drain(server, sockets, deadline) };
}

/** `cloud.invoke()`: past the interceptor, within the caller's invocation if there is one. */
function invokeFunction(app: App, name: string, context: object): unknown {
  const module = app.functions.get(name);
  if (!module) throw new HearthError('FUNCTION_MISSING', { name });
  const call = (): unknown => app.functions.handler(module)(context);
  if (app.scope.getStore()) return call();
  return invoke(app.scope, { function: name, revision: module.revision, requestId: 'invoke' }, call);
}

async function drain(server: HttpServer, sockets: SocketServer, deadline: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A kept-alive connection becomes idle only after its last response.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), deadline);
  await Promise.all([closed, sockets.close(deadline)]);
  clearInterval(sweep);
  clearTimeout(cut);
}
