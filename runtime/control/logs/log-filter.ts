import { type LogLevel, logLevels, type LogRecord } from '../../kernel/ports/logger.ts';

/** Which records somebody wants; absent fields do not filter. */
export interface LogFilter {
  readonly function?: string;
  /** This level and the more urgent ones. */
  readonly level?: LogLevel;
  readonly requestId?: string;
  readonly connectionId?: string;
  /** A part of the message, in any case. */
  readonly text?: string;
  /** Milliseconds since the epoch: records from then on. */
  readonly since?: number;
}

/** A record with its place in the log; ids count up while the host runs. */
export interface LoggedRecord extends LogRecord {
  readonly id: number;
}

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
