import type { ChildProcess } from 'node:child_process';
import type net from 'node:net';
import { type ErrorReport, HearthError } from '../../../kernel/errors.ts';
import type { WorkerMessage, WorkerMethod, WorkerParams, WorkerResult } from '../../../kernel/protocol/worker-calls.ts';

interface PendingCall {
  resolve(result: unknown): void;
  reject(error: HearthError): void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** The calls made to one worker process. */
export class WorkerChannel {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, PendingCall>();
  #lastCall = 0;
  #closed = false;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /**
   * Calls the worker. Rejects with the error it returns, and with `WORKER_UNAVAILABLE` when it ends first or does
   * not respond within `timeout` milliseconds (0: no limit).
   */
  call<M extends WorkerMethod>(method: M, params: WorkerParams<M>, timeout: number, handle?: net.Server): Promise<WorkerResult<M>> {
    return new Promise((resolve, reject) => {
      if (this.#closed || !this.#child.connected) {
        reject(ended());
        return;
      }
      const id = ++this.#lastCall;
      const late = (): void =>
        this.#settle(id)?.reject(new HearthError('WORKER_UNAVAILABLE', { reason: `the worker has not responded for ${timeout} ms.` }));
      const timer = timeout > 0 ? setTimeout(late, timeout) : undefined;
      const take = (result: unknown): void => {
        if (isResult(method, result)) resolve(result);
      };
      this.#calls.set(id, { resolve: take, reject, timer });
      this.#child.send({ id, method, params }, handle, undefined, (error) => {
        if (error) this.#settle(id)?.reject(ended());
      });
    });
  }

  /** Settles the call that the message responds to, if it does. */
  receive(message: WorkerMessage): void {
    if (message.type === 'result') this.#settle(message.id)?.resolve(message.result);
    else if (message.type === 'failure') this.#settle(message.id)?.reject(toError(message.error));
  }

  /** Rejects what is pending and every call from now on. */
  close(): void {
    this.#closed = true;
    for (const id of this.#calls.keys()) this.#settle(id)?.reject(ended());
  }

  #settle(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    if (!call) return undefined;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    return call;
  }
}

function toError(report: ErrorReport): HearthError {
  return HearthError.fromReport(report);
}

/** Both sides are built together, and a worker responds by the types of its calls: checking each result would only cost. */
function isResult<M extends WorkerMethod>(_method: M, _result: unknown): _result is WorkerResult<M> {
  return true;
}

function ended(): HearthError {
  return new HearthError('WORKER_UNAVAILABLE', { reason: 'the worker ended.' });
}
