import type { ConnectionsPage, ConnectionsQuery } from './connections.ts';
import type { ErrorReport } from '../errors.ts';
import type { LogRecord } from '../ports/logger.ts';
import type { BuiltChange, BuiltFunction } from '../functions/revision.ts';

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
  /** Milliseconds that a function may run without a pause before its next loop or call throws; 0: no limit, and no guards. */
  readonly cpuTime: number;
  /** Milliseconds that the event loop may stand still before the worker is ended. */
  readonly stuckTime: number;
  /** Megabytes (2^20 bytes) of resident memory at which the worker is ended; at four fifths it is drained. */
  readonly memory: number;
  /** Milliseconds until a function called over HTTP has begun to answer. */
  readonly functionTimeout: number;
  /** Milliseconds that a socket's next event waits for the handler of the one before. */
  readonly eventTimeout: number;
  /** Calls over HTTP of one function that may be under way, and that may wait for their turn. */
  readonly concurrency: number;
  readonly queuedCalls: number;
  /** Connections that one address may have open, and upgrades a second that it may ask for. */
  readonly addressConnections: number;
  readonly addressUpgrades: number;
  /** Addresses that are not limited: proxies. */
  readonly trustedAddresses: readonly string[];
  /** Buffered bytes of all sockets together, at which those with the most are terminated. */
  readonly bufferedTotal: number;
  /** Milliseconds for a request's headers, and for the whole request, to arrive. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
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
  /** The connection string of the database that functions use; undefined: none. */
  readonly databaseUri: string | undefined;
  /** Origins that may open sockets; undefined means any. */
  readonly origins: readonly string[] | undefined;
  readonly limits: WorkerLimits;
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
    /** How `body` writes the bytes of the request's body. */
    readonly bodyEncoding: 'utf8' | 'base64';
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
  /** What the log lines of the run carry, those that come after its end as well. */
  readonly requestId: string;
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
  /** Nobody waits for the run any more: it is aborted. Nothing happens when it has ended. */
  cancel(params: { requestId: string }): void;
  connections(params: ConnectionsQuery): ConnectionsPage;
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
  /** Calls over HTTP under way and waiting for their turn. */
  readonly requestsActive: number;
  readonly requestsQueued: number;
  /** Calls and connections refused because there were too many. */
  readonly refused: number;
  /** Calls and events that did not end in time. */
  readonly timeouts: number;
  /** Functions stopped for running or allocating without a pause. */
  readonly stopped: number;
  /** Bytes that wait to be sent, over all sockets. */
  readonly buffered: number;
  /** Whether connections are accepted. */
  readonly listening: boolean;
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

/** A place in compiled code, as it stands in a stack; line and column count from 1. */
export interface CompiledFrame {
  readonly function: string;
  readonly revision: number;
  readonly line: number;
  readonly column: number;
}

/** A function at a revision; revision 0 is a draft. */
export interface FunctionMark {
  readonly function: string;
  readonly revision: number;
}

/** A function with the bytes that it has allocated and that are still in use, as far as they were sampled. */
export interface MemorySuspect extends FunctionMark {
  readonly bytes: number;
}

/** Whose code a worker was in. */
export interface WatchdogEvidence {
  /** The code that the host had called, when it has not returned. */
  readonly mark?: FunctionMark;
  /** The places in functions on the stack, innermost first; empty when the stack could not be read. */
  readonly frames: readonly CompiledFrame[];
  /** Log records that the worker could no longer send, in JSON. */
  readonly lines: readonly string[];
  /** The innermost place on the stack, whatever its code: `file:line`. */
  readonly where?: string;
}

/** What a worker's watchdog thread tells control, also while the worker's own thread cannot. */
export type WatchdogReport =
  /** Whose code the event loop was in when it had stood still for a moment. */
  | { readonly type: 'running'; readonly mark: FunctionMark }
  /** The event loop has stood still for too long. */
  | ({ readonly type: 'stuck'; readonly blockedMs: number } & WatchdogEvidence)
  /** Resident memory has passed the soft or the hard limit. */
  | ({
      readonly type: 'memory';
      readonly level: 'soft' | 'hard';
      readonly rss: number;
      /** Milliseconds for which the event loop has stood still; 0 when it turns. */
      readonly blockedMs: number;
      readonly suspects: readonly MemorySuspect[];
    } & WatchdogEvidence)
  /** Nearly all file descriptors are open. */
  | { readonly type: 'descriptors'; readonly open: number; readonly limit: number };
