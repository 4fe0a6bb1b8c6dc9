import { mapCounters } from '../../../runtime/kernel/protocol/metrics.ts';
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { LogThrown } from '../../../runtime/kernel/calls/failures.ts';
import type { CurrentCall } from '../../../runtime/kernel/calls/current-call.ts';
import type { LogFields, LogLevel } from '../../../runtime/kernel/ports/logger.ts';
import type { WorkerLimits } from '../../../runtime/kernel/protocol/settings.ts';
import { Registry } from '../../../runtime/kernel/functions/registry.ts';
import type { App } from '../../../runtime/worker/process/app-context.ts';
import type { SocketContext, UpgradeContext } from '../../../runtime/worker/dialects/laf/socket-context.ts';
import { createLafSockets } from '../../../runtime/worker/dialects/laf/sockets.ts';
import { SocketServer } from '../../../runtime/worker/sockets/socket-server.ts';
import { createCalls } from '../calls.ts';
import { defaultLimits } from '../../limits.ts';

const hostLimits: WorkerLimits = { ...defaultLimits, requestBody: 1024, message: 64 * 1024 };

/** What a test gives as `__websocket__`. */
export interface TestFunction {
  readonly default?: (context: SocketContext) => unknown;
  readonly upgrade?: (context: UpgradeContext) => unknown;
}

export interface Host {
  readonly port: number;
  readonly url: string;
  readonly app: App;
  readonly http: Server;
  readonly server: SocketServer;
  /** What `app.failed` was told. */
  readonly failures: { thrown: unknown; invocation: CurrentCall }[];
  readonly logs: { level: LogLevel; message: string; connectionId: string | undefined; fields: LogFields | undefined }[];
  /** Makes `__websocket__` live; a function is the module's top-level code and answers its exports. */
  publish(code: TestFunction | (() => unknown), quarantine?: string): void;
  remove(): void;
}

export interface HostOptions {
  readonly limits?: Partial<WorkerLimits>;
  readonly origins?: readonly string[];
}

/** A real HTTP server with a socket server and a real registry; ends with the test. */
export async function startHost(code?: TestFunction | (() => unknown), options: HostOptions = {}): Promise<Host> {
  const limits = { ...hostLimits, ...options.limits };
  const sources = new Map<string, () => unknown>();
  const registry = new Registry((module) => {
    let exports: unknown;
    return {
      get exports() {
        return exports;
      },
      evaluate() {
        exports = sources.get(module.built.code)?.();
      },
      accept() {},
      dispose() {},
    };
  });
  const failures: Host['failures'] = [];
  const logs: Host['logs'] = [];
  const counters = mapCounters(() => 0);
  const log: App['log'] = (level, message, fields) => logs.push({ level, message, connectionId: fields?.connectionId, fields });
  const logThrown: LogThrown = (thrown, invocation) => failures.push({ thrown, invocation });
  const calls = createCalls({ counters, log, logThrown });
  const app: App = {
    settings: {
      appId: 'test',
      serverSecret: 'secret',
      env: {},
      packagesDir: '/nowhere',
      uploadDir: '/nowhere',
      databaseUri: undefined,
      origins: options.origins,
      limits,
    },
    functions: registry,
    calls,
    counters,
    log,
  };
  const server = new SocketServer(
    app,
    createLafSockets((token) => (token.startsWith('good-') ? { uid: token.slice(5) } : null)),
  );
  const http = createServer();
  http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    await server.close(0);
    http.close();
  });
  let revision = 0;
  const publish: Host['publish'] = (given, quarantine) => {
    revision += 1;
    const key = String(revision);
    sources.set(key, typeof given === 'function' ? given : () => given);
    const built = { name: '__websocket__', revision, methods: undefined, code: key, map: '' };
    registry.install({ functions: [quarantine === undefined ? built : { ...built, quarantine }], deleted: [] });
  };
  if (code) publish(code);
  const port = portOf(http.address());
  const remove = (): void => registry.install({ functions: [], deleted: ['__websocket__'] });
  return { port, url: `ws://127.0.0.1:${port}`, app, http, server, failures, logs, publish, remove };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

/** A client that is not open yet; terminated with the test. */
export function client(host: Host, path = '/', options: ClientOptions & { protocols?: string[] } = {}): WebSocket {
  const { protocols, ...rest } = options;
  const socket = new WebSocket(`${host.url}${path}`, protocols ?? [], rest);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** An open client. */
export async function open(host: Host, path = '/', options: ClientOptions & { protocols?: string[] } = {}): Promise<WebSocket> {
  const socket = client(host, path, options);
  await once(socket, 'open');
  return socket;
}

/** Text messages of a socket, one by one, none missed. */
export function messages(socket: WebSocket): () => Promise<string> {
  const inbox: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data) => {
    const text = Buffer.isBuffer(data) ? data.toString() : '';
    const next = waiting.shift();
    if (next) next(text);
    else inbox.push(text);
  });
  return () => {
    const text = inbox.shift();
    return text === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(text);
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: unknown;
}

const handshakeHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

/** The reply to an upgrade; status 101 without a body when it was accepted. `undefined` leaves a header out. */
export async function handshake(
  host: Host,
  headers: Record<string, string | undefined> = {},
  target: { method?: string; path?: string; localAddress?: string } = {},
): Promise<Reply> {
  const sent = Object.entries({ ...handshakeHeaders, ...headers }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const outgoing = httpRequest({ host: '127.0.0.1', port: host.port, agent: false, headers: Object.fromEntries(sent), ...target });
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('upgrade', (response, socket) => {
      onTestFinished(() => {
        socket.destroy();
      });
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: undefined });
    });
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }));
    });
    outgoing.end();
  });
}

/** A TCP socket that has upgraded, or only asked to when `wait` is false, and then does nothing by itself. */
export async function rawClient(host: Host, wait = true, path = '/'): Promise<Socket> {
  const socket = connect(host.port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  const lines = Object.entries({ host: 'test', ...handshakeHeaders }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  if (wait) await once(socket, 'data');
  return socket;
}

/** Resolves when the stream is closed, also after an error. */
export function closed(stream: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', () => resolve());
  });
}

/** A promise with the functions that settle it. */
export function deferred<Value = void>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  const settle: ((value: Value) => void)[] = [];
  const promise = new Promise<Value>((resolve) => settle.push(resolve));
  return { promise, resolve: (value) => settle[0]?.(value) };
}

/** The text of a `WebSocket:message`; the method's name on other events. */
export function textOf({ method, params }: SocketContext): string {
  const data = typeof params === 'object' && params !== null && 'data' in params ? params.data : undefined;
  return Buffer.isBuffer(data) ? data.toString() : method;
}

/** A call to wait for: `seen(n)` resolves with the values once `n` have been recorded. */
export function recorder<Value>(): { values: Value[]; record: (value: Value) => void; seen: (count: number) => Promise<Value[]> } {
  const values: Value[] = [];
  const waiting: { count: number; resolve: (values: Value[]) => void }[] = [];
  return {
    values,
    record(value) {
      values.push(value);
      for (const waiter of waiting) if (values.length >= waiter.count) waiter.resolve(values);
    },
    seen: (count) => (values.length >= count ? Promise.resolve(values) : new Promise((resolve) => waiting.push({ count, resolve }))),
  };
}
