import type { Diagnostic } from '../kernel/errors.ts';
import type { Logger, LogLevel, LogRecord } from '../kernel/ports/logger.ts';
import type { MemorySuspect, RunResult, WorkerMethod, WorkerMetrics, WorkerParams, WorkerResult } from '../kernel/protocol/protocol.ts';
import type { Revision } from '../kernel/functions/revision.ts';
import type { FunctionStore } from '../kernel/ports/function-store.ts';
import type { Transfer } from './app/transfer/port.ts';

/** A function as a caller of the API wants it. */
export interface FunctionEdit {
  readonly name: string;
  readonly source: string;
  /** Absent keeps the live function's methods, null allows all. */
  readonly methods?: readonly string[] | null;
  readonly note?: string;
  readonly ifRevision?: number;
}

/** What became of one edit. */
export interface Published {
  readonly name: string;
  readonly revision: number;
  /** Whether no function had this name before. */
  readonly created: boolean;
  /** Warnings of the build. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes changes live, one after another; resolves when callers get the new code. Throws `HearthError`s. */
export interface Publisher {
  /** All or nothing. Answers the edits' outcomes in their order. */
  publish(change: { readonly functions: readonly FunctionEdit[]; readonly deleted: readonly string[] }): Promise<readonly Published[]>;
}

/** A request for a run, as the API takes it. */
export interface RunRequest {
  readonly name: string;
  /** The draft's source; absent runs what is live. */
  readonly source?: string;
  readonly request: {
    readonly method: string;
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** How `body` writes the bytes of the request's body. */
    readonly bodyEncoding: 'utf8' | 'base64';
  };
}

/** Runs drafts in the worker. */
export interface Runner {
  /** Rejects soon after `signal` has aborted; the function is told by its `ctx.signal`. */
  run(request: RunRequest, signal: AbortSignal): Promise<RunResult>;
}

/** What TypeScript finds in a function; lines and columns count from 1. */
export interface CheckDiagnostic extends Diagnostic {
  readonly endLine: number;
  readonly endColumn: number;
  /** TypeScript's, such as 2322. */
  readonly code: number;
  readonly severity: 'error' | 'warning';
}

/** Checks types. */
export interface Checker {
  /**
   * What is wrong with drafts in the place of live functions, and with those that import them. Throws
   * `CHECK_FAILED` when it cannot be told.
   */
  check(functions: readonly { readonly name: string; readonly source: string }[]): Promise<readonly CheckDiagnostic[]>;
}

/** The live functions, as the store has them. */
export interface Catalog {
  /** In the order of names. */
  list(): readonly Revision[];
  get(name: string): Revision | undefined;
}

/** How the serving worker is. */
export type WorkerState =
  | { readonly state: 'starting'; readonly pid: number | undefined }
  | { readonly state: 'serving'; readonly pid: number; readonly since: number }
  /** It finishes what it has and accepts nothing; the next one takes over when it has ended. */
  | { readonly state: 'draining'; readonly pid: number; readonly since: number }
  | { readonly state: 'restarting'; readonly attempt: number }
  | { readonly state: 'stopped' };

/**
 * Why a worker ended: its event loop stood still, its memory was used up, it said nothing any more, or
 * it ended without a reason that the host knows.
 */
export type CrashCause = 'stuck' | 'memory' | 'silent' | 'exited';

/** A place in a function's source; line and column count from 1, and are missing where only the function is known. */
export interface CrashPlace {
  readonly function: string;
  readonly revision: number;
  readonly line?: number;
  readonly column?: number;
}

/** What is known of the end of a worker that was not told to end. */
export interface CrashReport {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly pid: number | null;
  readonly code: number | null;
  readonly signal: string | null;
  readonly cause: CrashCause;
  /** The same for a person. */
  readonly message: string;
  /** Milliseconds that the worker had served. */
  readonly servedMs: number;
  /** Where it happened, if that is known or likely. */
  readonly place?: CrashPlace;
  /** The function was switched off for it. */
  readonly quarantined: boolean;
  /** The places in functions on the stack, innermost first: `hello.ts:3:9`. */
  readonly stack: readonly string[];
  /** Who held the sampled memory. */
  readonly suspects: readonly MemorySuspect[];
  /** The last lines of the log before. */
  readonly logs: readonly LogRecord[];
  /** The worker's last numbers, at most a second old. */
  readonly metrics: WorkerMetrics | null;
}

/** The reports that are kept. */
export interface CrashLog {
  /** Newest first. */
  list(): readonly CrashReport[];
  get(id: string): CrashReport | undefined;
}

/** A function that is switched off. */
export interface QuarantinedFunction {
  readonly name: string;
  readonly revision: number;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** The report of what it did. */
  readonly crash: string;
  /** The newest revision before it that was never switched off: a rollback to it would help; null when there is none. */
  readonly previous: number | null;
}

/** A function whose live revision was published on another host and does not load on this one. */
export interface DivergedFunction {
  readonly name: string;
  /** The one that is live elsewhere. */
  readonly revision: number;
  /** The one that is live here; null when there is none. */
  readonly kept: number | null;
  readonly reason: string;
}

/** Follows what other hosts on the same store publish. */
export interface Follower {
  /** Functions whose live revision does not load on this host. */
  list(): readonly DivergedFunction[];
}

/** What the supervisor knows at this moment; `metrics` is at most a few seconds old. */
export interface SupervisorStatus {
  readonly worker: WorkerState;
  readonly standby: 'ready' | 'starting' | 'none';
  readonly restarts: number;
  readonly lastCrash: CrashReport | undefined;
  readonly quarantined: readonly QuarantinedFunction[];
  readonly metrics: WorkerMetrics | undefined;
}

/** Keeps a worker serving. */
export interface Supervisor {
  /** Calls the serving worker. `WORKER_UNAVAILABLE` when none serves or it does not answer in time. */
  call<M extends WorkerMethod>(method: M, params: WorkerParams<M>): Promise<WorkerResult<M>>;
  /** Runs a draft or the live function; `LOAD_FAILED` also when that ended the worker. When `signal` aborts, the worker aborts the run. */
  run(params: WorkerParams<'run'>, signal: AbortSignal): Promise<WorkerResult<'run'>>;
  /** Puts a fresh worker in the place of the serving one; loses no HTTP request and closes the sockets with a hint when to come back. `WORKER_UNAVAILABLE` when none serves. */
  restart(reason: string): Promise<void>;
  status(): SupervisorStatus;
}

/** A record with its place in the log; ids count up while the host runs. */
export interface LoggedRecord extends LogRecord {
  readonly id: number;
}

/** Which records somebody wants; absent fields do not filter. */
export interface LogFilter {
  readonly function?: string;
  /** This level and the more urgent ones. */
  readonly level?: LogLevel;
  readonly requestId?: string;
  readonly connectionId?: string;
  /** A part of the message, in any case. */
  readonly text?: string;
  /** Milliseconds since the epoch: records from then on. */
  readonly since?: number;
}

/** The host's memory of its log. */
export interface LogBook extends Logger {
  /** The newest `limit` records that match, oldest first. */
  query(filter: LogFilter, limit: number): readonly LoggedRecord[];
  /** Records after `afterId` that are still in memory, then each new one as it comes. Answers how to end it. */
  subscribe(filter: LogFilter, afterId: number | undefined, listener: (record: LoggedRecord) => void): () => void;
  /** Writes what is pending and closes the file. */
  close(): Promise<void>;
}

/** What the API stands on. */
export interface ControlServices {
  readonly version: string;
  readonly appId: string;
  /** Where functions are called, without a slash at the end. */
  readonly functionsUrl: string;
  readonly startedAt: number;
  readonly store: FunctionStore;
  /** What kind of store that is. */
  readonly storage: 'sqlite' | 'mongodb';
  readonly catalog: Catalog;
  readonly publisher: Publisher;
  readonly runner: Runner;
  readonly checker: Checker;
  readonly supervisor: Supervisor;
  readonly follower: Follower;
  readonly crashes: CrashLog;
  readonly transfer: Transfer;
  readonly logs: LogBook;
  /** Bytes of one function's source. */
  readonly sourceLimit: number;
  /** Whether the token is the admin's; takes the same time for each wrong one. */
  isAdmin(token: string): boolean;
}
