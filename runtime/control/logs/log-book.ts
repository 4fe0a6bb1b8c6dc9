import type { LogRecord, Logger } from '../../kernel/ports/logger.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type LogFilter, type LoggedRecord, createMatcher } from './log-filter.ts';
import { LogFile } from './log-file.ts';
import { LogRing } from './log-ring.ts';

/** The host's memory of its log. */
export interface LogBook extends Logger {
  /** The newest `limit` records that match, oldest first. */
  query(filter: LogFilter, limit: number): readonly LoggedRecord[];
  /** Records after `afterId` that are still in memory, then each new one as it comes. Returns the function that ends the subscription. */
  subscribe(filter: LogFilter, afterId: number | undefined, listener: (record: LoggedRecord) => void): () => void;
  /** Writes what is pending and closes the file. */
  close(): Promise<void>;
}

/** What a log book keeps, and where. */
export interface LogBookOptions {
  /** The folder of the log files; made (0700) if absent. */
  readonly dir: string;
  /** Records kept in memory; 20,000 by default. */
  readonly memoryLines?: number;
  /** Bytes, roughly, of the records kept in memory; 32 MiB by default. */
  readonly memoryBytes?: number;
  /** Bytes after which a file is rotated; 10 MiB by default. */
  readonly fileBytes?: number;
  /** Files kept, the current one included; 5 by default, at least 2. */
  readonly files?: number;
  /** Bytes, roughly, that may wait for the disk; 4 MiB by default. */
  readonly pendingBytes?: number;
  /** Milliseconds after a failure before the file is tried again; 5,000 by default. */
  readonly retryAfter?: number;
  /** Told each record, from the first one on; one that throws is told no more. */
  readonly onRecord?: (record: LoggedRecord) => void;
}

const defaults = {
  memoryLines: 20_000,
  memoryBytes: 32 * 1024 * 1024,
  fileBytes: 10 * 1024 * 1024,
  files: 5,
  pendingBytes: 4 * 1024 * 1024,
  retryAfter: 5000,
};

/**
 * Opens the host's log; its opener closes it. A folder or file that cannot be used is no
 * reason to stop: the log says so, goes on in memory, and tries again later. Ids go on growing
 * from one run of the host to the next, so that a reader may ask for what came after a restart.
 */
export async function createLogBook(options: LogBookOptions): Promise<LogBook> {
  const book = new MemoryLogBook({ ...defaults, ...options });
  if (options.onRecord) book.subscribe({}, undefined, options.onRecord);
  await book.open();
  return book;
}

interface Subscription {
  matches(record: LogRecord): boolean;
  /** The newest id when it began: what a listener logs in its turn must not be told twice. */
  readonly from: number;
  readonly listener: (record: LoggedRecord) => void;
}

class MemoryLogBook implements LogBook {
  readonly #ring: LogRing;
  readonly #file: LogFile;
  readonly #subscriptions = new Set<Subscription>();
  // In microseconds: no host logs a line in each of them, so that a later run begins with a greater id.
  #lastId = Date.now() * 1000;

  constructor(options: Required<Omit<LogBookOptions, 'onRecord'>>) {
    this.#ring = new LogRing(options.memoryLines, options.memoryBytes);
    this.#file = new LogFile(options, {
      failed: (error) => {
        const message = `The log file cannot be written (${messageOf(error)}). Until it can, lines are kept in memory only.`;
        this.#publish({ time: Date.now(), level: 'warn', message });
      },
      recovered: (dropped) => {
        const message = `The log file can be written again; ${dropped} ${dropped === 1 ? 'line is' : 'lines are'} missing from it.`;
        this.log({ time: Date.now(), level: 'warn', message });
      },
    });
  }

  open(): Promise<void> {
    return this.#file.open();
  }

  log(record: LogRecord): void {
    this.#file.append(this.#publish(record));
  }

  query(filter: LogFilter, limit: number): readonly LoggedRecord[] {
    const found: LoggedRecord[] = [];
    const matches = createMatcher(filter);
    for (let position = this.#ring.size - 1; position >= 0 && found.length < limit; position -= 1) {
      const record = this.#ring.at(position);
      if (record && matches(record)) found.push(record);
    }
    return found.toReversed();
  }

  subscribe(filter: LogFilter, afterId: number | undefined, listener: (record: LoggedRecord) => void): () => void {
    const subscription: Subscription = { matches: createMatcher(filter), from: this.#lastId, listener };
    this.#subscriptions.add(subscription);
    if (afterId !== undefined) this.#replay(subscription, afterId);
    return () => void this.#subscriptions.delete(subscription);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #publish(record: LogRecord): LoggedRecord {
    this.#lastId += 1;
    const logged: LoggedRecord = { ...record, id: this.#lastId };
    this.#ring.push(logged);
    for (const subscription of this.#subscriptions) {
      if (logged.id > subscription.from) this.#deliver(subscription, logged);
    }
    return logged;
  }

  #replay(subscription: Subscription, afterId: number): void {
    // Found anew each time: a listener that logs moves what is in memory.
    let record = this.#ring.at(this.#ring.positionAfter(afterId));
    while (record && record.id <= subscription.from && this.#subscriptions.has(subscription)) {
      this.#deliver(subscription, record);
      record = this.#ring.at(this.#ring.positionAfter(record.id));
    }
  }

  #deliver(subscription: Subscription, record: LoggedRecord): void {
    if (!subscription.matches(record)) return;
    try {
      subscription.listener(record);
    } catch {
      // Logging this failure could fail the same way, without end.
      this.#subscriptions.delete(subscription);
    }
  }
}
