import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { LogLevel, LogRecord } from '../../../kernel/ports/logger.ts';
import { LineSplitter } from '../../../kernel/protocol/log-lines.ts';

/** Bytes a second that are read at full speed. */
const fastBytes = 8 * 1024 * 1024;
/** Milliseconds that the writer of a flood waits before more is read. */
const floodPause = 50;
/** Milliseconds after which a line that has begun is logged although it has not ended. */
const openLineTime = 1_000;
/** Milliseconds in which the rest is read once the worker has ended: what it started may hold the pipe open for ever. */
const restTime = 1_000;

export interface WorkerOutputOptions {
  readonly linesPerSecond: number;
  onLogs(records: readonly LogRecord[]): void;
}

/**
 * Logs what a worker's process, its threads and the programs of its functions write to their outputs. A flood is
 * dropped and counted, and read slowly, so that it takes neither the log nor control's time.
 */
export class WorkerOutput {
  readonly #options: WorkerOutputOptions;
  readonly #streams = new Set<Readable>();
  #budget: number;
  #refilledAt = performance.now();
  #dropped = 0;
  #bytes = 0;
  #bytesSince = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkerOutputOptions) {
    this.#options = options;
    this.#budget = options.linesPerSecond;
  }

  read(stream: Readable, level: LogLevel): void {
    const decoder = new StringDecoder('utf8');
    const splitter = new LineSplitter();
    let openTimer: NodeJS.Timeout | undefined;
    let records: LogRecord[] = [];
    const add = (message: string): void => {
      if (this.#admits()) records.push({ time: Date.now(), level, message });
    };
    const hand = (): void => {
      if (records.length > 0) this.#options.onLogs(records);
      records = [];
    };
    const endLine = (): void => {
      clearTimeout(openTimer);
      splitter.flush(add);
      hand();
    };
    this.#streams.add(stream);
    stream.on('data', (chunk: Buffer) => {
      clearTimeout(openTimer);
      splitter.push(decoder.write(chunk), add);
      hand();
      if (splitter.open) openTimer = setTimeout(endLine, openLineTime).unref();
      if (this.#dropped > 0 || this.#isFast(chunk.length)) this.#slowDown(stream);
    });
    // A worker that dies may take the pipe with it at any moment.
    stream.on('error', () => {});
    stream.once('close', () => {
      this.#streams.delete(stream);
      endLine();
      this.#tellDropped();
    });
  }

  /** The process has ended: what is left in the pipes is logged. */
  end(): void {
    setTimeout(() => {
      for (const stream of this.#streams) stream.destroy();
    }, restTime).unref();
  }

  /** Whether more was read this second than is read at full speed: a flood may be one line without an end. */
  #isFast(bytes: number): boolean {
    const now = performance.now();
    if (now - this.#bytesSince >= 1_000) {
      this.#bytes = 0;
      this.#bytesSince = now;
    }
    this.#bytes += bytes;
    return this.#bytes > fastBytes;
  }

  #admits(): boolean {
    if (this.#budget <= 0) this.#refill();
    if (this.#budget > 0) {
      this.#budget -= 1;
      return true;
    }
    this.#dropped += 1;
    return false;
  }

  #refill(): void {
    const now = performance.now();
    const earned = Math.floor(((now - this.#refilledAt) / 1000) * this.#options.linesPerSecond);
    if (earned <= 0) return;
    this.#budget = Math.min(earned, this.#options.linesPerSecond);
    this.#refilledAt = now;
  }

  #slowDown(stream: Readable): void {
    stream.pause();
    setTimeout(() => stream.resume(), floodPause).unref();
    this.#timer ??= setTimeout(() => this.#tellDropped(), 1_000).unref();
  }

  #tellDropped(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dropped === 0) return;
    const message = `${this.#dropped} lines of output were dropped, because there were more than ${this.#options.linesPerSecond} a second`;
    this.#dropped = 0;
    this.#options.onLogs([{ time: Date.now(), level: 'warn', message }]);
  }
}
