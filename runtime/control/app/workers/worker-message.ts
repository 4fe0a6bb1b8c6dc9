import { isDiagnostic, isErrorCode } from '../../../kernel/errors.ts';
import { mapCounters } from '../../../kernel/protocol/metrics.ts';
import { type LogRecord, logLevels } from '../../../kernel/ports/logger.ts';
import type { WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';
import type { WorkerMessage } from '../../../kernel/protocol/worker-calls.ts';

type Members = Readonly<Record<string, unknown>>;

/** Whether a worker says such things. A program that has inherited its descriptors can write anything. */
export function isWorkerMessage(value: unknown): value is WorkerMessage {
  if (!isObject(value)) return false;
  switch (value['type']) {
    case 'result':
      return isNumber(value['id']);
    case 'failure':
      return isNumber(value['id']) && isErrorReport(value['error']);
    case 'logs':
      return isArrayOf(value['records'], isLogRecord);
    case 'load':
      return hasStrings(value, ['name']) && isNumber(value['revision']) && (value['error'] === null || isDiagnostic(value['error']));
    case 'loading':
      return hasStrings(value, ['name']) && isNumber(value['revision']) && typeof value['done'] === 'boolean';
    case 'metrics':
      return isObject(value['metrics']) && isMetrics(value['metrics']);
    default:
      return false;
  }
}

/** Whether a watchdog reports such things. */
export function isWatchdogReport(value: unknown): value is WatchdogReport {
  if (!isObject(value)) return false;
  switch (value['type']) {
    case 'running':
      return isMark(value['mark']);
    case 'stuck':
      return hasNumbers(value, ['blockedMs']) && hasEvidence(value);
    case 'memory':
      return (
        (value['level'] === 'soft' || value['level'] === 'hard') &&
        hasNumbers(value, ['rss', 'blockedMs']) &&
        isArrayOf(value['suspects'], (suspect) => isMark(suspect) && hasNumbers(suspect, ['bytes'])) &&
        hasEvidence(value)
      );
    case 'descriptors':
      return hasNumbers(value, ['open', 'limit']);
    default:
      return false;
  }
}

/** A record as the worker wrote it; none when its line was cut short. */
export function toLogRecord(line: string): readonly LogRecord[] {
  try {
    const record: unknown = JSON.parse(line);
    return isLogRecord(record) ? [record] : [];
  } catch {
    return [];
  }
}

function isLogRecord(value: unknown): value is LogRecord {
  return (
    isObject(value) && isNumber(value['time']) && hasStrings(value, ['message']) && logLevels.some((level) => level === value['level'])
  );
}

const counters = Object.keys(mapCounters(() => 0));

function isMetrics(metrics: Members): boolean {
  const { listening, memory, eventLoopDelay } = metrics;
  return (
    typeof listening === 'boolean' &&
    hasNumbers(metrics, counters) &&
    hasNumbers(metrics, ['functions']) &&
    isObject(memory) &&
    hasNumbers(memory, ['rss', 'heapUsed', 'heapTotal', 'external']) &&
    isObject(eventLoopDelay) &&
    hasNumbers(eventLoopDelay, ['mean', 'p99', 'max'])
  );
}

function hasEvidence({ mark, frames, lines, where }: Members): boolean {
  return (
    (mark === undefined || isMark(mark)) &&
    isArrayOf(frames, (frame) => isMark(frame) && hasNumbers(frame, ['line', 'column'])) &&
    isArrayOf(lines, (line) => typeof line === 'string') &&
    (where === undefined || typeof where === 'string')
  );
}

function isMark(value: unknown): value is Members {
  return isObject(value) && hasStrings(value, ['function']) && isNumber(value['revision']);
}

/** Of an error that the catalogue has. */
function isErrorReport(value: unknown): boolean {
  if (!isObject(value) || !hasStrings(value, ['message'])) return false;
  const { code, details, diagnostics } = value;
  return (
    isErrorCode(code) && (details === undefined || isObject(details)) && (diagnostics === undefined || isArrayOf(diagnostics, isDiagnostic))
  );
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function hasNumbers(value: Members, names: readonly string[]): boolean {
  return names.every((name) => isNumber(value[name]));
}

function hasStrings(value: Members, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function isArrayOf(value: unknown, is: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((element) => is(element));
}
