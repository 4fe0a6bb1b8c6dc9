import type { Diagnostic, ErrorReport } from '../errors.ts';
import type { BuiltChange, BuiltFunction } from '../functions/revision.ts';
import type { LogRecord } from '../ports/logger.ts';
import type { ConnectionsPage, ConnectionsQuery } from './connections.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { WorkerSettings } from './settings.ts';
import type { FunctionMark } from './watchdog-report.ts';

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

/** The response of a run, with the log lines of its request. */
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

/** The functions of a change that do not load, by name, each with the reason. The text of lines is not in it. */
export type LoadErrors = ReadonlyMap<string, Diagnostic>;

/** What control asks of a worker. Each call gets a result or an {@link ErrorReport}. */
export interface WorkerCalls {
  /** Takes settings and functions; evaluates nothing. The first call of every worker. */
  load(params: { settings: WorkerSettings; functions: readonly BuiltFunction[] }): void;
  /** Takes over: runs `__init__`, then accepts on the handle that comes with the message. */
  serve(params: Record<string, never>): void;
  /** Evaluates a change beside the live functions. `LOAD_FAILED` when any of it throws that is not in `keep`. */
  stage(params: { stage: number; change: BuiltChange; keep: readonly string[] }): LoadErrors;
  /** Makes a staged change live under the store's revision numbers, `[name, revision]`. */
  activate(params: { stage: number; revisions: readonly (readonly [string, number])[] }): void;
  /** Forgets a staged change. */
  discard(params: { stage: number }): void;
  /** Makes a change live without evaluating it. */
  install(params: { change: BuiltChange }): void;
  run(params: RunCall): RunResult;
  /** Runs `__init__` again; resolves when it is done. `FUNCTION_NOT_FOUND`, `INIT_FAILED`, `INIT_TIMEOUT`. */
  init(params: Record<string, never>): { readonly tookMs: number };
  /** Nobody waits for the run any more: it is aborted. Nothing happens when it has ended. */
  cancel(params: { requestId: string }): void;
  /** Stages a draft of the host's own. `port`: where the probe's other parts are answered; `waiting`: whose calls wait for threads of Node's pool, most first. */
  probe(params: Record<string, never>): { readonly port: number; readonly waiting: readonly FunctionMark[] };
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

/** A live function has failed to load when it was used, or has loaded after all. */
export interface LoadReport {
  readonly type: 'load';
  readonly name: string;
  readonly revision: number;
  /** Null: it has loaded. */
  readonly error: Diagnostic | null;
}

/** The code of a live function runs for the first time, or has returned. It may end the worker, and is on its way before that. */
export interface LoadingNotice {
  readonly type: 'loading';
  readonly name: string;
  readonly revision: number;
  readonly done: boolean;
}

/** What a worker tells control. */
export type WorkerMessage =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorReport }
  | { readonly type: 'logs'; readonly records: readonly LogRecord[] }
  | LoadReport
  | LoadingNotice
  | { readonly type: 'metrics'; readonly metrics: WorkerMetrics };
