import type { CounterName, WorkerMetrics } from '../../kernel/protocol/metrics.ts';
import type { AnswerBody } from './responses.ts';
import type { WorkerSupervisor } from '../app/workers/supervisor.ts';

/** How the host was at one moment. What the worker has not told is null. */
export type StatusSample = AnswerBody<'StatusSample'>;

export interface StatusHistory {
  /** Milliseconds between two samples. */
  readonly intervalMs: number;
  /** Oldest first; with `since`, in milliseconds since the epoch, those after it. */
  samples(since?: number): readonly StatusSample[];
  close(): void;
}

export interface HistoryOptions {
  /** Milliseconds. */
  readonly interval: number;
  readonly samples: number;
}

/** Takes samples from now on; its maker closes it. It does not keep the process alive. */
export function createStatusHistory(
  supervisor: Pick<WorkerSupervisor, 'status'>,
  { interval, samples: limit }: HistoryOptions,
): StatusHistory {
  const samples: StatusSample[] = [];
  let counted: Counted = { pid: undefined, metrics: undefined };
  const take = (): void => {
    const { sample, next } = sampleOf(supervisor, counted);
    counted = next;
    samples.push(sample);
    if (samples.length > limit) samples.shift();
  };
  const timer = setInterval(take, interval).unref();
  return {
    intervalMs: interval,
    samples: (since) => (since === undefined ? [...samples] : samples.slice(samples.findLastIndex(({ time }) => time <= since) + 1)),
    close: () => clearInterval(timer),
  };
}

/** Whose counts the newest sample had. */
interface Counted {
  readonly pid: number | undefined;
  readonly metrics: WorkerMetrics | undefined;
}

function sampleOf(supervisor: Pick<WorkerSupervisor, 'status'>, before: Counted): { sample: StatusSample; next: Counted } {
  const { worker, restarts, metrics } = supervisor.status();
  const pid = 'pid' in worker ? worker.pid : undefined;
  // A new worker's counters restart at zero. While none serves, the next counts may be either's.
  const base = pid === undefined || before.pid === undefined || pid === before.pid ? before.metrics : undefined;
  const since = (counter: CounterName): number => difference(metrics?.[counter], base?.[counter]);
  const sample: StatusSample = {
    time: Date.now(),
    state: worker.state,
    restarts,
    rssControl: process.memoryUsage.rss(),
    ...(metrics ? told(metrics) : untold),
    requests: since('requests'),
    requestErrors: since('requestErrors'),
    messagesReceived: since('messagesReceived'),
    messagesSent: since('messagesSent'),
    logLinesDropped: since('logLinesDropped'),
  };
  return { sample, next: { pid: pid ?? before.pid, metrics: metrics ?? base } };
}

const untold = { rssWorker: null, heapWorker: null, loopMean: null, loopP99: null, loopMax: null, connections: null };

function told({ memory, eventLoopDelay: { mean, p99, max }, connections }: WorkerMetrics) {
  return { rssWorker: memory.rss, heapWorker: memory.heapUsed, loopMean: mean, loopP99: p99, loopMax: max, connections };
}

function difference(count: number | undefined, before = 0): number {
  if (count === undefined) return 0;
  return count >= before ? count - before : count;
}
