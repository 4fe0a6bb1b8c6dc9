import { request as httpRequest, type IncomingMessage } from 'node:http';
import { isUtf8 } from 'node:buffer';
import { duplexPair } from 'node:stream';
import { HearthError } from '../../../kernel/errors.ts';
import { Invocation } from '../../../kernel/calls/invocation.ts';
import type { RunCall, RunResult } from '../../../kernel/protocol/protocol.ts';
import type { FunctionView, Registry, Stage } from '../../../kernel/functions/registry.ts';
import type { App } from '../../process/app.ts';
import { createRequestHandler } from '../http/handler.ts';
import { createHttpServer } from '../http/server.ts';
import type { WorkerLogs } from '../../process/logs.ts';

/** What a run needs of its worker. */
export interface RunHost {
  readonly app: App;
  readonly registry: Registry;
  readonly logs: WorkerLogs;
}

/**
 * Runs one request against a draft (staged beside the live functions and discarded afterwards) or
 * against what is live. The request goes through a real HTTP server over a pair of streams, so that a
 * run and a call from outside are the same thing. When `cancelled` aborts, the function is told so by
 * `ctx.signal`, the draft is discarded, and this rejects with the signal's reason. Throws what the draft
 * throws while it loads.
 */
export async function run({ app, registry, logs }: RunHost, call: RunCall, cancelled: AbortSignal): Promise<RunResult> {
  const started = performance.now();
  logs.tap(call.requestId);
  // What the draft does while it loads belongs to the run as well.
  const loading = new Invocation({ function: call.name, revision: call.draft?.revision ?? 0, requestId: call.requestId });
  let stage: Stage | undefined;
  try {
    const { draft } = call;
    if (draft) stage = app.scope.run(loading, () => registry.stage({ functions: [draft], deleted: [] }));
    const response = await exchange(app, stage ?? registry, { call, cancelled });
    const { requestId } = call;
    return { response, logs: logs.untap(requestId), requestId, tookMs: round(performance.now() - started) };
  } finally {
    loading.end();
    stage?.discard();
    logs.untap(call.requestId);
  }
}

interface Running {
  readonly call: RunCall;
  readonly cancelled: AbortSignal;
}

async function exchange(app: App, functions: FunctionView, { call, cancelled }: Running): Promise<RunResult['response']> {
  const { method, query, headers } = call.request;
  const body = Buffer.from(call.request.body, call.request.bodyEncoding);
  const [clientSide, serverSide] = duplexPair();
  const server = createHttpServer(app, createRequestHandler(app, functions, app.settings.uploadDir));
  server.emit('connection', serverSide);
  const path = `/${encodeURI(call.name)}${query === '' ? '' : `?${query}`}`;
  const { runTimeout } = app.settings.limits;
  // Not AbortSignal.any() with AbortSignal.timeout(): Node 20 collects the second as garbage, and then it never aborts.
  const aborter = new AbortController();
  const { signal } = aborter;
  const abort = (): void => aborter.abort();
  const late = setTimeout(abort, runTimeout);
  cancelled.addEventListener('abort', abort, { once: true });
  if (cancelled.aborted) abort();
  try {
    const request = httpRequest({
      createConnection: () => clientSide,
      method,
      path,
      headers: {
        host: 'localhost',
        ...headers,
        'x-request-id': call.requestId,
        connection: 'close',
        'content-length': body.length,
      },
      signal,
    });
    request.end(body);
    return await new Promise((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => void collect(response, app.settings.limits.requestBody).then(resolve, reject));
    });
  } catch (error) {
    if (cancelled.aborted) throw cancelled.reason;
    if (signal.aborted) throw new HearthError('RUN_TIMED_OUT', { limit: runTimeout });
    throw error;
  } finally {
    clearTimeout(late);
    cancelled.removeEventListener('abort', abort);
    clientSide.destroy();
    serverSide.destroy();
    server.close();
  }
}

async function collect(response: IncomingMessage, limit: number): Promise<RunResult['response']> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
  }
  const body = Buffer.concat(chunks);
  const encoding = isUtf8(body) ? 'utf8' : 'base64';
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers[name] = value;
  return { status: response.statusCode ?? 0, headers, body: body.toString(encoding), encoding, truncated: size > limit };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
