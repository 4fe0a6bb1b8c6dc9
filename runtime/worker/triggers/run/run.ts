import { request as httpRequest, type IncomingMessage } from 'node:http';
import { isUtf8 } from 'node:buffer';
import { duplexPair } from 'node:stream';
import { HearthError } from '../../../kernel/errors.ts';
import { Call } from '../../../kernel/calls/call.ts';
import type { Failure } from '../../../kernel/calls/failures.ts';
import { Lifetime } from '../../../kernel/calls/lifetime.ts';
import { FunctionModule } from '../../../kernel/functions/module.ts';
import { stagingTime, whenLoaded } from '../../../kernel/functions/pending-import.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { RunCall, RunResult } from '../../../kernel/protocol/worker-calls.ts';
import type { Registry } from '../../../kernel/functions/registry.ts';
import type { Stage } from '../../../kernel/functions/stage.ts';
import type { App } from '../../process/app-context.ts';
import type { HttpDialect } from '../http/http-call.ts';
import { createRequestHandler, type HttpTarget } from '../http/handler.ts';
import { createHttpServer, headerBytes } from '../http/http-server.ts';
import type { WorkerLogs } from '../../process/worker-logs.ts';

export interface RunApp extends App {
  readonly functions: Registry;
  readonly http: HttpDialect;
  readonly logs: WorkerLogs;
}

/**
 * Runs one request against a draft (staged beside the live functions and discarded afterwards) or
 * against what is live. The request goes through a real HTTP server over a pair of streams, so that a
 * run and a call from outside are the same thing. When `cancelled` aborts, the function is told so by
 * `ctx.signal`, the draft is discarded, and this rejects with the signal's reason. Throws what the draft
 * throws while it loads.
 */
export async function run(app: RunApp, call: RunCall, cancelled: AbortSignal): Promise<RunResult> {
  const started = performance.now();
  const { functions, logs } = app;
  logs.tap(call.requestId);
  // What a draft starts ends with the run; what is live runs as it does when called from outside.
  const lifetime = call.draft && new Lifetime();
  const load = call.draft && new DraftLoad(app, functions, call.draft, call.requestId);
  try {
    const stage = await load?.stage();
    const response = await exchange(
      app,
      { functions: stage ?? functions, dialect: app.http, ...(lifetime && { lifetime }) },
      { call, cancelled },
    );
    const { requestId } = call;
    return { response, logs: logs.untap(requestId), requestId, tookMs: round(performance.now() - started) };
  } finally {
    load?.discard();
    lifetime?.end();
    logs.untap(call.requestId);
  }
}

/** The evaluation of a draft: what it logs and starts meanwhile belongs to the run as well. */
class DraftLoad extends Call {
  readonly #registry: Registry;
  readonly #draft: BuiltFunction;
  #outcome: { readonly stage: Stage } | { readonly thrown: unknown } | undefined;
  #done: () => void = () => {};

  constructor({ calls }: App, registry: Registry, draft: BuiltFunction, requestId: string) {
    super({ calls }, new FunctionModule(draft), { requestId });
    this.#registry = registry;
    this.#draft = draft;
  }

  /** Evaluates the draft beside the live functions; rejects with what it throws. */
  async stage(): Promise<Stage> {
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      this.begin();
    });
    const outcome = this.#outcome;
    if (outcome && 'stage' in outcome) return outcome.stage;
    throw outcome?.thrown;
  }

  discard(): void {
    this.end();
    if (this.#outcome && 'stage' in this.#outcome) this.#outcome.stage.discard();
  }

  protected override invoke(): unknown {
    return whenLoaded(() => {
      this.#outcome = { stage: this.#registry.stage({ functions: [this.#draft], deleted: [] }) };
    }, stagingTime);
  }

  protected override report(thrown: unknown): Failure {
    this.#outcome = { thrown };
    return { kind: 'stopped', error: undefined };
  }

  /** It ends with the run. */
  protected override settled(): void {
    this.#done();
  }

  protected override failed(): void {
    this.end();
    this.#done();
  }

  protected override expired(): void {
    this.end();
  }
}

interface Running {
  readonly call: RunCall;
  readonly cancelled: AbortSignal;
}

async function exchange(app: RunApp, target: HttpTarget, { call, cancelled }: Running): Promise<RunResult['response']> {
  const { method, query, headers } = call.request;
  const body = Buffer.from(call.request.body, call.request.bodyEncoding);
  const [clientSide, serverSide] = duplexPair();
  const server = createHttpServer(app, createRequestHandler(app, target));
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
      maxHeaderSize: headerBytes,
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
