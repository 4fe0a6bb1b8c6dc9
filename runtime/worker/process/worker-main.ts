import { takeReallyExit } from '../../internals/node-process.ts';
import { HearthError } from '../../kernel/errors.ts';
import type { CallMessage, WorkerMessage, WorkerMethod } from '../../kernel/protocol/worker-calls.ts';
import { guardProcess } from '../functions/process-guard.ts';
import { isRefusal } from '../functions/process-events.ts';
import { startMetrics } from './metrics-report.ts';
import { createWatchdogLink } from '../watchdog/watchdog-link.ts';
import { Worker, type WorkerHandlers } from './control-calls.ts';

// What the worker needs of its process is taken before any function could change it.
// Told, not asked for: control may have died before this line.
const control = Number(process.argv[2]);
const onMessage = process.on.bind(process);
const exit = takeReallyExit();
const { send } = guardProcess();
const tell = (message: WorkerMessage, done?: () => void): void => {
  send(message, done);
};

// Node puts more frames of its own above a function's than its default keeps, when a package cannot be found for one.
Error.stackTraceLimit = 30;

const watchdog = createWatchdogLink(control);
const worker = new Worker({
  sendLogs: (records, done) => tell({ type: 'logs', records }, done),
  tellLoad: {
    loading: ({ name, revision }, done) => tell({ type: 'loading', name, revision, done }),
    outcome: ({ name, revision }, error) => tell({ type: 'load', name, revision, error }),
  },
  watchdog,
  exit,
});

async function answer(call: CallMessage, handle: unknown): Promise<void> {
  try {
    const result: unknown = await dispatch(call, handle);
    tell({ type: 'result', id: call.id, result: result ?? null });
  } catch (error) {
    if (!(error instanceof HearthError)) worker.app?.logs.failed(error, undefined, `${call.method} failed: `);
    const known = error instanceof HearthError ? error : new HearthError('INTERNAL');
    tell({ type: 'failure', id: call.id, error: known.toReport() });
  }
}

function dispatch<M extends WorkerMethod>({ method, params }: CallMessage<M>, handle: unknown): unknown {
  const handlers: WorkerHandlers = worker;
  return handlers[method](params, handle);
}

onMessage('message', (call: CallMessage, handle: unknown) => void answer(call, handle));
// The terminal signals the whole group; control decides when its workers end.
onMessage('SIGINT', () => {});
onMessage('SIGTERM', () => {});
// An error that no handler awaits belongs to the invocation that started it; the process lives on.
onMessage('uncaughtException', (error) => report(error, ''));
onMessage('unhandledRejection', (reason) => report(reason, 'unhandled rejection: '));

function report(thrown: unknown, prefix: string): void {
  try {
    if (worker.app?.processEvents.ending && isRefusal(thrown)) return;
    worker.app?.logs.failed(thrown, worker.app.calls.current, prefix);
  } catch {
    // Functions have broken what even this needs; a throw here would end the process.
  }
}

startMetrics(
  () => worker.app,
  (metrics) => tell({ type: 'metrics', metrics }),
);
