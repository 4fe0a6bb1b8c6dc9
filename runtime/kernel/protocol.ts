import type { ErrorReport } from './errors.ts';
import type { LogRecord } from './logger.ts';
import type { BuiltChange, BuiltFunction } from './revision.ts';

/** Limits that the worker keeps; docs/limits.md lists each with its variable and default. */
export interface WorkerLimits {
  /** Bytes of a request body. */
  readonly requestBody: number;
  /** Bytes of a WebSocket message. */
  readonly message: number;
  /** Messages that wait for a socket's handler before the socket is paused; resumed at a quarter. */
  readonly queuedMessages: number;
  /** Milliseconds between two pings; a socket that answers neither of two is terminated. */
  readonly pingInterval: number;
  /** Buffered bytes of one socket at which a warning is logged, and at which it is terminated. */
  readonly bufferedWarning: number;
  readonly bufferedMaximum: number;
  /** Milliseconds that `upgrade()` may take. */
  readonly upgradeTimeout: number;
  /** Milliseconds that a draft run may take. */
  readonly runTimeout: number;
  /** Milliseconds that `__init__` may take before the worker serves without it. */
  readonly initTimeout: number;
  /** Log lines a second that a worker passes on; more are dropped and counted. */
  readonly logLines: number;
}

/** What a worker is started with. It comes over IPC, so that no secret stands in an environment. */
export interface WorkerSettings {
  readonly appId: string;
  readonly serverSecret: string;
  /** The app's variables: what functions see as `process.env` and `cloud.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder whose `node_modules` holds the app's packages. */
  readonly packagesDir: string;
  /** The folder for uploads; each is removed after its response. */
  readonly uploadDir: string;
  /** Origins that may open sockets; undefined means any. */
  readonly origins: readonly string[] | undefined;
  readonly limits: WorkerLimits;
}

/** One open socket, as the connection table shows it. */
export interface ConnectionInfo {
  readonly id: string;
  /** What `ctx.user` is for this socket, if it can be written as JSON. */
  readonly user: unknown;
  readonly url: string;
  readonly remoteAddress: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Messages and bytes, by direction. */
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Bytes that wait to be sent. */
  readonly buffered: number;
  /** Messages that wait for the handler. */
  readonly queued: number;
}

/** A request for a run of a draft or of the live function. */
export interface RunCall {
  readonly name: string;
  /** The draft; absent runs what is live. */
  readonly draft?: BuiltFunction;
  readonly requestId: string;
  readonly request: {
    readonly method: string;
    /** Without the leading question mark. */
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

/** What a run answered, with the log lines of its request. */
export interface RunResult {
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    /** Text as it is, anything else in base64. */
    readonly body: string;
    readonly encoding: 'utf8' | 'base64';
    /** Whether the body was larger than what a run keeps of it. */
    readonly truncated: boolean;
  };
  readonly logs: readonly LogRecord[];
  readonly tookMs: number;
}

/** What control asks of a worker. Each call is answered with its result or an {@link ErrorReport}. */
export interface WorkerCalls {
  /** Takes settings and functions; evaluates nothing. The first call of every worker. */
  load(params: { settings: WorkerSettings; functions: readonly BuiltFunction[] }): void;
  /** Takes over: runs `__init__`, then accepts on the handle that comes with the message. */
  serve(params: Record<string, never>): void;
  /** Evaluates a change beside the live functions. `LOAD_FAILED` when it throws. */
  stage(params: { stage: number; change: BuiltChange }): void;
  /** Makes a staged change live under the store's revision numbers, `[name, revision]`. */
  activate(params: { stage: number; revisions: readonly (readonly [string, number])[] }): void;
  /** Forgets a staged change. */
  discard(params: { stage: number }): void;
  /** Makes a change live without evaluating it. */
  install(params: { change: BuiltChange }): void;
  run(params: RunCall): RunResult;
  connections(params: Record<string, never>): readonly ConnectionInfo[];
  /** Sends to one socket; `CONNECTION_NOT_FOUND`. */
  send(params: { connection: string; data: string; encoding: 'utf8' | 'base64' }): void;
  /** Closes one socket; `CONNECTION_NOT_FOUND`. */
  disconnect(params: { connection: string; code: number; reason: string }): void;
  /** Ends: finishes requests, closes sockets with 1012, then exits; at the latest after `deadline` milliseconds. */
  stop(params: { deadline: number }): void;
}

/** The name of a call. */
export type WorkerMethod = keyof WorkerCalls;
export type WorkerParams<M extends WorkerMethod> = Parameters<WorkerCalls[M]>[0];
export type WorkerResult<M extends WorkerMethod> = ReturnType<WorkerCalls[M]>;

/** A call on its way to a worker. */
export type CallMessage<M extends WorkerMethod = WorkerMethod> = {
  [K in M]: { readonly id: number; readonly method: K; readonly params: WorkerParams<K> };
}[M];

/** Counts since the worker started, and how it is now. */
export interface WorkerMetrics {
  readonly requests: number;
  readonly requestErrors: number;
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly logLinesDropped: number;
  readonly functions: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly heapTotal: number; readonly external: number };
  /** Milliseconds over the last interval. */
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** What a worker tells control. */
export type WorkerMessage =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorReport }
  | { readonly type: 'logs'; readonly records: readonly LogRecord[] }
  | { readonly type: 'metrics'; readonly metrics: WorkerMetrics };
