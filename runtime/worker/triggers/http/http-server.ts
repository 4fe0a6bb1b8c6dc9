import { Server } from 'node:http';
import type { Socket } from 'node:net';
import { hideServer } from '../../../internals/node-http.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { App } from '../../process/app-context.ts';
import { connectionOf, Connections } from './tcp-connections.ts';
import type { RequestHandler } from './handler.ts';
import { createConnectionRefusal, refuseRequest } from './request-refusal.ts';
import { HttpRequest } from './request.ts';
import { HttpResponse } from './response.ts';

// Longer than the idle time of common proxies (60 s), so that they never reuse a connection that is being closed.
const keepAliveMs = 65_000;
// What Laf's gateway and most proxies let through at the least; Node's own limit is 16 KB.
export const headerBytes = 64 * 1024;
// How often Node looks for requests that do not arrive in time.
const checkingMs = 5000;

// What would stop the server or take its requests away; Node itself only emits events on it.
const refusedCalls: ReadonlySet<string | symbol> = new Set<string | symbol>([
  'close',
  'closeAllConnections',
  'closeIdleConnections',
  'listen',
  'setTimeout',
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
  'off',
  'removeListener',
  'removeAllListeners',
  Symbol.asyncDispose,
]);

/** A server of Node's that knows its connections; ended by `drainHttp()`, or by what Node has for it. */
export class HttpServer extends Server {
  readonly tracked: Connections;

  constructor({ limits }: App['settings']) {
    const headersTimeout = Math.min(limits.headersTimeout, limits.requestTimeout);
    super({
      IncomingMessage: HttpRequest,
      ServerResponse: HttpResponse,
      keepAliveTimeout: keepAliveMs,
      headersTimeout,
      requestTimeout: limits.requestTimeout,
      maxHeaderSize: headerBytes,
      connectionsCheckingInterval: Math.min(checkingMs, Math.ceil(headersTimeout / 4)),
    });
    this.tracked = new Connections(limits);
  }
}

/**
 * A server whose requests and responses have Express's members, and which takes no more connections
 * of one address than `addressConnections`. It does not listen yet; its maker closes it.
 */
export function createHttpServer(app: App, handler: RequestHandler): HttpServer {
  const server = new HttpServer(app.settings);
  server.on('request', (request, response) => {
    if (!(request instanceof HttpRequest) || !(response instanceof HttpResponse)) return;
    const connection = connectionOf(request.socket);
    if (connection !== undefined) response.ordinal = ++connection.requests;
    handler(request, response);
  });
  server.on('clientError', refuseRequest);
  admitConnections(app, server);
  return server;
}

/** Puts the limit before Node's own listener, which begins to read. */
function admitConnections(app: App, server: HttpServer): void {
  const { addressConnections: limit } = app.settings.limits;
  const serve = server.listeners('connection');
  const refuse = createConnectionRefusal();
  const view = createServerView(server);
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (server.tracked.admit(socket)) {
      for (const listener of serve) Reflect.apply(listener, server, [socket]);
      hideServer(socket, view);
      return;
    }
    app.counters.refused++;
    const error = new HearthError('TOO_MANY_CONNECTIONS', { limit });
    app.calls.warnings.warn(String(socket.remoteAddress), `A connection from ${socket.remoteAddress} was refused: ${error.message}`, {});
    refuse(socket, error);
  });
}

/** What functions find as `request.socket.server`: the server, except that `refusedCalls` throw `SERVER_REFUSED`. */
function createServerView(server: Server): Server {
  return new Proxy(server, {
    get: (target, key) => (refusedCalls.has(key) ? () => refuseCall(key) : Reflect.get(target, key)),
    set: (_target, key) => refuseCall(key),
    defineProperty: (_target, key) => refuseCall(key),
    deleteProperty: (_target, key) => refuseCall(key),
    setPrototypeOf: () => refuseCall('setPrototypeOf'),
  });
}

function refuseCall(call: string | symbol): never {
  throw new HearthError('SERVER_REFUSED', { call: String(call) });
}
