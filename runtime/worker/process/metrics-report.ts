import { stat } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { WorkerMetrics } from '../../kernel/protocol/metrics.ts';
import type { ServedApp } from './served-app.ts';

const interval = 1_000;
/** Milliseconds between two looks at the event loop. */
const resolution = 20;
/** Reports after which a look at a file that has not come back is worth an error. */
const poolPatience = 3;

/** Reports the worker's metrics every second until the returned function is called. */
export function startMetrics(app: () => ServedApp | undefined, report: (metrics: WorkerMetrics) => void): () => void {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  let memory = process.memoryUsage();
  const pool = new PoolWatch();
  const timer = setInterval(() => {
    const current = app();
    if (!current) return;
    if (pool.isStuck()) current.log('error', 'Files have been waited for for 3 s: functions hold all threads that read and write them.');
    try {
      memory = process.memoryUsage();
    } catch {
      // To ask takes a file descriptor. While none is left all else is worth reporting, and what was so last.
    }
    const { rss, heapUsed, heapTotal, external } = memory;
    report({
      ...current.counters,
      connections: current.sockets.size,
      logLinesDropped: current.logs.droppedTotal,
      stopped: current.pulse.stopped,
      buffered: current.sockets.buffered,
      listening: current.server.listening,
      functions: current.functions.size,
      memory: { rss, heapUsed, heapTotal, external },
      eventLoopDelay: { mean: toMs(delay.mean), p99: toMs(delay.percentile(99)), max: toMs(delay.max) },
    });
    delay.reset();
  }, interval);
  timer.unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

/** Looks at a file at each report: while all threads of Node's pool are held, that does not come back. */
class PoolWatch {
  #waited = 0;
  #pending = false;

  /** True once, while a look has waited for too long. */
  isStuck(): boolean {
    if (this.#pending) {
      this.#waited += 1;
      return this.#waited === poolPatience;
    }
    this.#waited = 0;
    this.#pending = true;
    stat(process.execPath, () => {
      this.#pending = false;
    });
    return false;
  }
}

// Node counts the time between two looks, which of an idle loop is the resolution: the delay is what comes on top.
function toMs(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, Math.round(nanoseconds / 1e4) / 100 - resolution) : 0;
}
