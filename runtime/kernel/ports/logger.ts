/** Levels from the least to the most urgent. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** How urgent a line is. */
export type LogLevel = (typeof logLevels)[number];

/** Where a line comes from; absent fields do not apply. */
export interface LogFields {
  /** The function whose code wrote the line. A line without it is the host's own, or what a program or Node itself printed. */
  readonly function?: string;
  readonly revision?: number;
  readonly requestId?: string;
  readonly connectionId?: string;
  /** Place in the function's source, counted from 1. */
  readonly line?: number;
  readonly column?: number;
  /** A stack with places in sources, never in compiled code. */
  readonly stack?: string;
}

/** One structured log line. `time` is in milliseconds since the epoch. */
export interface LogRecord extends LogFields {
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
}

/**
 * Port: takes log records. `log()` MUST NOT throw and MUST NOT block; it may drop records under
 * pressure, and then says how many.
 */
export interface Logger {
  log(record: LogRecord): void;
}
