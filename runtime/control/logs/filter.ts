import { type LogLevel, logLevels, type LogRecord } from '../../kernel/logger.ts';
import type { LogFilter } from '../services.ts';

const ranks: ReadonlyMap<LogLevel, number> = new Map(logLevels.map((level, rank) => [level, rank]));

/** Whether `level` is as urgent as `least`, or more. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return (ranks.get(level) ?? 0) >= (ranks.get(least) ?? 0);
}

/** Whether the filter lets the record through. */
export function matches(filter: LogFilter, record: LogRecord): boolean {
  return (
    (filter.function === undefined || filter.function === record.function) &&
    (filter.requestId === undefined || filter.requestId === record.requestId) &&
    (filter.level === undefined || isAtLeast(record.level, filter.level)) &&
    (filter.since === undefined || record.time >= filter.since)
  );
}
