import { performance } from 'node:perf_hooks';
import type { LogFields, LogLevel } from '../ports/logger.ts';

const interval = 1_000;

/** Writes one line to the log. MUST NOT throw. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Warnings that every request may cause: at most one a second is logged for each subject. */
export class Warnings {
  readonly #log: Log;
  /** When each subject was last warned about, oldest first. */
  readonly #warnedAt = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  warn(subject: string, message: string, fields: LogFields): void {
    const now = performance.now();
    const warnedAt = this.#warnedAt.get(subject);
    if (warnedAt !== undefined && now - warnedAt < interval) return;
    for (const [old, at] of this.#warnedAt) {
      if (now - at < interval) break;
      this.#warnedAt.delete(old);
    }
    this.#warnedAt.delete(subject);
    this.#warnedAt.set(subject, now);
    this.#log('warn', message, fields);
  }
}
