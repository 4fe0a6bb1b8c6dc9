import { type LogLevel, logLevels, type LogRecord } from '../../kernel/ports/logger.ts';
import type { LogFilter } from '../services.ts';

const ranks: ReadonlyMap<LogLevel, number> = new Map(logLevels.map((level, rank) => [level, rank]));

/** Whether `level` is as urgent as `least`, or more. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return (ranks.get(level) ?? 0) >= (ranks.get(least) ?? 0);
}

/** Says of a record whether the filter lets it through. */
export function createMatcher(filter: LogFilter): (record: LogRecord) => boolean {
  const text = filter.text?.toLowerCase();
  return (record) =>
    (filter.function === undefined || filter.function === record.function) &&
    (filter.requestId === undefined || filter.requestId === record.requestId) &&
    (filter.connectionId === undefined || filter.connectionId === record.connectionId) &&
    (filter.level === undefined || isAtLeast(record.level, filter.level)) &&
    (filter.since === undefined || record.time >= filter.since) &&
    // Last, because it costs the most.
    (text === undefined || record.message.toLowerCase().includes(text));
}
