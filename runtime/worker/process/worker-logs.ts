import { inspect } from 'node:util';
import { HearthError, messageOf } from '../../kernel/errors.ts';
import type { CurrentCall } from '../../kernel/calls/current-call.ts';
import { fieldsOf } from '../../kernel/calls/failures.ts';
import type { LogFields, LogLevel, LogRecord } from '../../kernel/ports/logger.ts';
import type { FunctionModule } from '../../kernel/functions/module.ts';
import { callerStack } from '../functions/caller-stack.ts';
import type { ConsoleSink } from '../functions/function-console.ts';
import type { OutputSink } from '../functions/output-lines.ts';
import type { SourcePositions } from '../functions/source-positions.ts';
import type { UnsentLines } from '../watchdog/unsent-lines.ts';

/** Records that may wait for the channel to control; a flood beyond it is dropped and counted. */
const pendingLimit = 5_000;

/** Characters of what was thrown that a record holds. */
const textLimit = 16_384;

/** Frames between a console call and the record made of it, with room for the function's own. */
const stackFrames = 26;

/** Hands records on; calls `done` when the next batch may follow. */
export type SendLogs = (records: readonly LogRecord[], done: () => void) => void;

export interface WorkerLogsOptions {
  readonly current: () => CurrentCall | undefined;
  readonly positions: SourcePositions;
  readonly linesPerSecond: number;
  readonly send: SendLogs;
  /** Where lines stand until they are sent, for the watchdog. */
  readonly unsent?: UnsentLines | undefined;
}

/**
 * Collects the log of a worker and passes it on in batches. Bounded in lines waiting and in lines a
 * second, so that a function that logs without end slows down nobody; what is dropped is counted
 * and said.
 */
export class WorkerLogs implements ConsoleSink, OutputSink {
  readonly current: () => CurrentCall | undefined;
  readonly #positions: SourcePositions;
  readonly #linesPerSecond: number;
  readonly #send: SendLogs;
  readonly #unsent: UnsentLines | undefined;
  readonly #taps = new Map<string, LogRecord[]>();
  #pending: LogRecord[] = [];
  #sending = false;
  #budget: number;
  #refilledAt = performance.now();
  #dropped = 0;
  #droppedTotal = 0;

  constructor({ current, positions, linesPerSecond, send, unsent }: WorkerLogsOptions) {
    this.current = current;
    this.#positions = positions;
    this.#linesPerSecond = linesPerSecond;
    this.#budget = linesPerSecond;
    this.#send = send;
    this.#unsent = unsent;
  }

  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  /** Collects the records of one request until `untap()`. */
  tap(requestId: string): void {
    this.#taps.set(requestId, []);
  }

  /** Ends a tap; returns what it collected. */
  untap(requestId: string): readonly LogRecord[] {
    const records = this.#taps.get(requestId) ?? [];
    this.#taps.delete(requestId);
    return records;
  }

  admits(): boolean {
    if (this.#budget <= 0) this.#refill();
    if (this.#budget > 0 && this.#pending.length < pendingLimit) {
      this.#budget--;
      return true;
    }
    this.#dropped++;
    this.#droppedTotal++;
    this.#schedule();
    return false;
  }

  write(module: FunctionModule | undefined, level: LogLevel, message: string): void {
    this.#write(level, message, this.#origin(module));
  }

  /** Where a line comes from that is written now: the function whose code is nearest on the stack, and the call. */
  origin(): LogFields {
    return this.#origin(undefined);
  }

  /** Takes a line of output; asks where it came from unless it is dropped. */
  output(level: LogLevel, message: string, origin: () => LogFields): void {
    if (this.admits()) this.#write(level, message, origin());
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (this.admits()) this.#add(level, message, fields);
  }

  /** What a call threw, or what was thrown outside of any. */
  failed(thrown: unknown, call: CurrentCall | undefined, prefix = '', owner: LogFields = {}): void {
    if (!this.admits()) return;
    const stack = show(thrown);
    const place = this.#positions.first(stack);
    this.#add('error', `${prefix}${this.#positions.rewrite(headline(thrown).slice(0, textLimit))}`, {
      ...owner,
      ...(place && { function: place.function, line: place.line, column: place.column }),
      ...fieldsOf(call),
      stack: this.#positions.rewrite(stack),
    });
  }

  /** Resolves when everything was handed to the channel. */
  async drained(): Promise<void> {
    while (this.#sending) await new Promise((resolve) => setImmediate(resolve));
  }

  #origin(module: FunctionModule | undefined): LogFields {
    const place = this.#positions.first(callerStack(stackFrames));
    const call = this.current();
    const name = module?.name ?? place?.function;
    if (name === undefined) return fieldsOf(call);
    const { revision, ...fields } = fieldsOf(call);
    // What is called may have imported the function that writes, which is at a revision of its own.
    const own = module ? module.revision : call?.function === name ? revision : undefined;
    return {
      ...fields,
      function: name,
      ...(own !== undefined && { revision: own }),
      ...(place?.function === name && { line: place.line, column: place.column }),
    };
  }

  #write(level: LogLevel, message: string, origin: LogFields): void {
    this.#add(level, message.includes('hearth:') ? this.#positions.rewrite(message) : message, origin);
  }

  #add(level: LogLevel, message: string, fields: LogFields): void {
    const record: LogRecord = { time: Date.now(), level, message, ...fields };
    if (this.#taps.size > 0 && record.requestId !== undefined) this.#taps.get(record.requestId)?.push(record);
    this.#pending.push(record);
    this.#unsent?.add(JSON.stringify(record));
    this.#schedule();
  }

  #schedule(): void {
    if (this.#sending) return;
    this.#sending = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#dropped > 0) {
      const message = `${this.#dropped} log lines were dropped, because there were more than ${this.#linesPerSecond} a second`;
      this.#pending.push({ time: Date.now(), level: 'warn', message });
      this.#dropped = 0;
    }
    const records = this.#pending;
    this.#pending = [];
    this.#unsent?.clear();
    this.#send(records, () => {
      this.#sending = false;
      if (this.#pending.length > 0 || this.#dropped > 0) this.#schedule();
    });
  }

  #refill(): void {
    // Unlike the time of day this never goes back.
    const now = performance.now();
    const earned = Math.floor(((now - this.#refilledAt) / 1000) * this.#linesPerSecond);
    if (earned <= 0) return;
    this.#budget = Math.min(earned, this.#linesPerSecond);
    this.#refilledAt = now;
  }
}

function headline(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${messageOf(thrown)}` : `thrown: ${show(thrown)}`;
  } catch {
    return 'an error that throws when it is formatted';
  }
}

function show(thrown: unknown): string {
  try {
    // An error of ours carries fields that would only repeat its message.
    return thrown instanceof HearthError ? String(thrown.stack) : inspect(thrown).slice(0, textLimit);
  } catch {
    return messageOf(thrown);
  }
}
