import { type ChildProcess, fork } from 'node:child_process';
import type net from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type ErrorReport, HearthError } from '../../../kernel/errors.ts';
import type { WatchdogReport, WorkerMessage, WorkerMethod, WorkerParams, WorkerResult } from '../../../kernel/protocol/protocol.ts';

/** How a worker process ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What a worker process is started with and whom it tells. */
export interface WorkerProcessOptions {
  /** The file to run. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Node's flags. */
  readonly flags: readonly string[];
  /** Gets every message, once the call that it answers is settled. */
  onMessage(message: WorkerMessage): void;
  /** Gets what its watchdog says, also while the worker itself hangs. */
  onReport(report: WatchdogReport): void;
  onExit(exit: WorkerExit): void;
}

interface PendingCall {
  resolve(result: unknown): void;
  reject(error: HearthError): void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** One worker process, and the calls made to it. */
export class WorkerProcess {
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, PendingCall>();
  #lastCall = 0;
  #exited = false;

  constructor(options: WorkerProcessOptions) {
    this.#child = fork(options.entry, [String(process.pid)], {
      env: { ...options.env },
      execArgv: [...options.flags],
      // All functions go to each new worker: as JSON they would take control five times as long, in which its API stands still.
      serialization: 'advanced',
      // The last one is the watchdog's.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      // In a group of its own, so that the programs which functions have started end with it.
      detached: true,
    });
    readReports(this.#child, (report) => options.onReport(report));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.#child.on('message', (message: WorkerMessage) => this.#receive(message, options));
    this.#child.once('error', () => this.#end({ code: null, signal: null }, options));
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }, options));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Calls the worker. Rejects with the error it answers, or `WORKER_UNAVAILABLE` when it ends first or
   * does not answer within `timeout` milliseconds (0: no limit).
   */
  call<M extends WorkerMethod>(method: M, params: WorkerParams<M>, timeout: number, handle?: net.Server): Promise<WorkerResult<M>> {
    return new Promise((resolve, reject) => {
      if (this.#exited || !this.#child.connected) {
        reject(ended());
        return;
      }
      const id = ++this.#lastCall;
      const late = (): void =>
        this.#settle(id)?.reject(new HearthError('WORKER_UNAVAILABLE', { reason: `the worker has not responded for ${timeout} ms.` }));
      const timer = timeout > 0 ? setTimeout(late, timeout) : undefined;
      const take = (result: unknown): void => {
        if (answers(method, result)) resolve(result);
      };
      this.#calls.set(id, { resolve: take, reject, timer });
      this.#child.send({ id, method, params }, handle, undefined, (error) => {
        if (error) this.#settle(id)?.reject(ended());
      });
    });
  }

  /** Ends the process at once, with the programs that its functions have started. */
  kill(): void {
    if (!this.#exited) killGroup(this.#child);
  }

  #receive(message: WorkerMessage, options: WorkerProcessOptions): void {
    if (message.type === 'result') this.#settle(message.id)?.resolve(message.result);
    else if (message.type === 'failure') this.#settle(message.id)?.reject(toError(message.error));
    options.onMessage(message);
  }

  #settle(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    if (!call) return undefined;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    return call;
  }

  #end(exit: WorkerExit, options: WorkerProcessOptions): void {
    if (this.#exited) return;
    this.#exited = true;
    killGroup(this.#child);
    options.onExit(exit);
    for (const id of this.#calls.keys()) this.#settle(id)?.reject(ended());
  }
}

function readReports(child: ChildProcess, take: (report: WatchdogReport) => void): void {
  const [, , , , stream] = child.stdio;
  if (!(stream instanceof Readable)) return;
  // A worker that dies may take the pipe with it at any moment.
  stream.on('error', () => {});
  createInterface({ input: stream }).on('line', (line) => {
    const report: unknown = JSON.parse(line);
    if (isReport(report)) take(report);
  });
}

/** The watchdog writes whole lines by the types of its reports. */
function isReport(value: unknown): value is WatchdogReport {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** The worker leads its group; the group may outlive it. Where there are no groups the process alone is ended. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function toError(report: ErrorReport): HearthError {
  return HearthError.fromReport(report);
}

/** Both sides are built together and a worker answers by the types of its calls: looking into each answer would only cost. */
function answers<M extends WorkerMethod>(_method: M, _result: unknown): _result is WorkerResult<M> {
  return true;
}

function ended(): HearthError {
  return new HearthError('WORKER_UNAVAILABLE', { reason: 'the worker ended.' });
}
