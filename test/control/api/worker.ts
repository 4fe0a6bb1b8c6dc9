import { once } from 'node:events';
import type { RunResult, WorkerMethod, WorkerParams, WorkerResult } from '../../../runtime/kernel/protocol/worker-calls.ts';
import { HearthError } from '../../../runtime/kernel/errors.ts';
import type { RunRequest } from '../../../runtime/control/app/publishing/draft-run.ts';
import type { SupervisorStatus, WorkerSupervisor } from '../../../runtime/control/app/workers/supervisor.ts';

/** Notes the run and answers one; the draft `slow` takes too long, `deadly` ends the worker, and `endless` only ends when it is aborted. */
export async function runLike(asked: RunRequest, runs: RunRequest[], signal: AbortSignal): Promise<RunResult> {
  runs.push(asked);
  if (asked.source === 'endless') {
    await once(signal, 'abort');
    throw signal.reason;
  }
  if (asked.source === 'slow') throw new HearthError('RUN_TIMED_OUT', { limit: 1000 });
  if (asked.source === 'deadly') throw new HearthError('LOAD_FAILED', { reason: 'the event loop was blocked.' }, { diagnostics: [] });
  const { method } = asked.request;
  return {
    response: {
      status: 200,
      headers: { 'content-type': 'text/html', 'set-cookie': ['a=1', 'b=2'] },
      body: method,
      encoding: 'utf8',
      truncated: false,
    },
    logs: [{ time: 1, level: 'info', message: 'ran', function: asked.name, requestId: 'r' }],
    requestId: 'r',
    tookMs: 1.25,
  };
}

const connection = {
  id: 'c1',
  user: { name: 'ann' },
  url: '/__websocket__?a=1',
  remoteAddress: '127.0.0.1',
  since: 1_700_000_000_000,
  received: 1,
  receivedBytes: 2,
  sent: 3,
  sentBytes: 4,
  buffered: 5,
  queued: 6,
};

type FakeWorker = { readonly [M in WorkerMethod]: (params: WorkerParams<M>) => WorkerResult<M> };

/** What a supervisor notes, and what it answers. */
interface Supervised {
  readonly calls: unknown[];
  readonly restarts: string[];
  status(): SupervisorStatus;
}

/** Supervises a worker with one socket, `c1`, which can be replaced while it serves. */
export function fakeSupervisor({
  calls,
  restarts,
  status,
}: Supervised): Pick<WorkerSupervisor, 'call' | 'run' | 'init' | 'restart' | 'status'> {
  const worker = fakeWorker(calls);
  return {
    call: async (method, params) => worker[method](params),
    run: unused,
    async init() {
      if (status().worker.state !== 'serving') throw new HearthError('WORKER_UNAVAILABLE', { reason: 'no worker is serving.' });
      return { tookMs: 12 };
    },
    async restart(reason) {
      if (status().worker.state !== 'serving') throw new HearthError('WORKER_UNAVAILABLE', { reason: 'no worker is serving.' });
      restarts.push(reason);
    },
    status,
  };
}

function fakeWorker(calls: unknown[]): FakeWorker {
  const take = (method: WorkerMethod, params: { readonly connection: string }): void => {
    calls.push([method, params]);
    if (params.connection !== 'c1') throw new HearthError('CONNECTION_NOT_FOUND', { id: params.connection });
  };
  return {
    load: unused,
    serve: unused,
    stage: unused,
    activate: unused,
    discard: unused,
    install: unused,
    run: unused,
    stop: unused,
    cancel: unused,
    probe: unused,
    init: unused,
    connections(params) {
      calls.push(['connections', params]);
      return { connections: [connection], total: 3 };
    },
    send: (params) => take('send', params),
    disconnect: (params) => take('disconnect', params),
  };
}

function unused(): never {
  throw new Error('The API has no business with this call.');
}
