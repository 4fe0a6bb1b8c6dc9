import type { LogRecord } from '../../../kernel/ports/logger.ts';
import type { WorkerMetrics } from '../../../kernel/protocol/metrics.ts';
import type { FunctionMark, WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export type EndReason =
  | { readonly cause: 'stuck'; readonly report: Extract<WatchdogReport, { type: 'stuck' }> }
  | { readonly cause: 'memory'; readonly report: Extract<WatchdogReport, { type: 'memory' }> }
  | { readonly cause: 'silent'; readonly seconds: number }
  /** What came over its channels is no message, or it has closed them. */
  | { readonly cause: 'garbled'; readonly what: string }
  /** What it failed to do for the host's probe, and whose calls held its threads. */
  | { readonly cause: 'unserved'; readonly failed: readonly string[]; readonly mark?: FunctionMark };

/** What is known of a worker that has ended, or is about to be. */
export interface WorkerFacts {
  readonly pid: number | undefined;
  readonly exit: WorkerExit;
  /** Undefined when it ended by itself. */
  readonly reason: EndReason | undefined;
  /** Whose code was last seen running without a pause. */
  readonly running: { readonly mark: FunctionMark; readonly at: number } | undefined;
  /** Whose code was running for the first time, or before the worker served. */
  readonly starting?: FunctionMark;
  readonly servedMs: number;
  readonly logs: readonly LogRecord[];
  readonly metrics: WorkerMetrics | undefined;
}
