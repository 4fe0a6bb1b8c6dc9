import { mapCounters } from '../../../../runtime/kernel/protocol/metrics.ts';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogThrown } from '../../../../runtime/kernel/calls/failures.ts';
import type { CurrentCall } from '../../../../runtime/kernel/calls/current-call.ts';
import type { LogFields, LogLevel } from '../../../../runtime/kernel/ports/logger.ts';
import { Registry } from '../../../../runtime/kernel/functions/registry.ts';
import type { WorkerLimits } from '../../../../runtime/kernel/protocol/settings.ts';
import type { App } from '../../../../runtime/worker/process/app-context.ts';
import { createLafHttp } from '../../../../runtime/worker/dialects/laf/http.ts';
import { createRequestHandler } from '../../../../runtime/worker/triggers/http/handler.ts';
import { createHttpServer, type HttpServer } from '../../../../runtime/worker/triggers/http/http-server.ts';
import { createCalls } from '../../calls.ts';
import { defaultLimits } from '../../../limits.ts';
import type { FunctionContext, FunctionRequest, FunctionResponse } from '../../../../sdk/context.ts';

/** What a test's function is called with: a context over HTTP, where all of this is there. */
export type HttpContext = FunctionContext & { request: FunctionRequest; response: FunctionResponse; headers: IncomingHttpHeaders };
export type TestFunction = (context: HttpContext, next: (context?: unknown) => Promise<unknown>) => unknown;

/** A function to serve: its handler, or what its code exports, or what runs when its code is evaluated. */
export interface TestModule {
  readonly exports?: unknown;
  readonly evaluate?: () => void;
  readonly code?: string;
  readonly methods?: readonly string[];
  readonly quarantine?: string;
}

export interface Failure {
  readonly thrown: unknown;
  readonly invocation: CurrentCall;
}

/** A real server on a free port of the loopback, with real functions and what they left behind. */
export interface Host {
  readonly url: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly app: App;
  readonly registry: Registry;
  readonly uploadDir: string;
  readonly failures: Failure[];
  readonly lines: string[];
  /** What the host itself has logged, with its level and whom it concerns. */
  readonly records: { readonly level: LogLevel; readonly message: string; readonly fields: LogFields | undefined }[];
  publish(name: string, module: TestFunction | TestModule): void;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function startHost(requestBody = 10 * 1024 * 1024, others: Partial<WorkerLimits> = {}): Promise<Host> {
  const limits = { ...defaultLimits, requestBody, ...others };
  const modules = new Map<string, TestModule>();
  const failures: Failure[] = [];
  const lines: string[] = [];
  const records: Host['records'] = [];
  const uploadDir = await mkdtemp(join(tmpdir(), 'hearth-test-'));
  const registry = new Registry((module) => {
    const { exports, evaluate } = modules.get(module.name) ?? {};
    return { exports, evaluate: () => evaluate?.(), dispose: () => undefined, accept: () => undefined };
  });
  const counters = mapCounters(() => 0);
  const log: App['log'] = (level, message, fields) => {
    lines.push(message);
    records.push({ level, message, fields });
  };
  const logThrown: LogThrown = (thrown, invocation) => failures.push({ thrown, invocation });
  const calls = createCalls({ counters, log, logThrown });
  const app: App = {
    settings: {
      appId: 'test',
      serverSecret: 'secret',
      env: {},
      packagesDir: uploadDir,
      uploadDir,
      databaseUri: undefined,
      origins: undefined,
      limits,
    },
    functions: registry,
    calls,
    counters,
    log,
  };
  const server = createHttpServer(
    app,
    createRequestHandler(app, { functions: registry, dialect: createLafHttp((token) => (token === 'good' ? { uid: 7 } : null)) }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.');
  const { port } = address;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    server,
    app,
    registry,
    uploadDir,
    failures,
    lines,
    records,
    publish(name, module) {
      const made = typeof module === 'function' ? { exports: { default: module } } : module;
      const { quarantine } = made;
      modules.set(name, made);
      registry.install({
        functions: [
          { name, revision: 1, methods: made.methods, code: made.code ?? '', map: '', ...(quarantine !== undefined && { quarantine }) },
        ],
        deleted: [],
      });
    },
    fetch: (path, init) => fetch(`${url}${path}`, { redirect: 'manual', ...init }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(uploadDir, { recursive: true, force: true });
    },
  };
}

/** What came over a connection until its end. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // What is asked here is what came, however the connection ended.
  socket.on('error', () => undefined);
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Sends bytes as they are and answers what came back until the server closed. */
export async function send(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(bytes);
  return received(socket);
}

/** One request by Node's client, which, other than fetch, sends and shows all that HTTP allows. */
export async function call(
  port: number,
  options: RequestOptions,
  body?: string,
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const request = httpRequest({ port, host: '127.0.0.1', agent: false, ...options });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** Something that a test waits for. */
export function event(): { readonly happened: Promise<void>; readonly happen: () => void } {
  const target = new EventTarget();
  const happened = new Promise<void>((resolve) => {
    target.addEventListener('happen', () => resolve(), { once: true });
  });
  return { happened, happen: () => void target.dispatchEvent(new Event('happen')) };
}
