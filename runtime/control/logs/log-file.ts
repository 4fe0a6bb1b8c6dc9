import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { LoggedRecord } from './log-filter.ts';

/** Where the lines go and how many are kept. */
export interface LogFileOptions {
  /** The folder of the log files; made (0700) if absent. */
  readonly dir: string;
  /** Bytes after which a file is rotated. */
  readonly fileBytes: number;
  /** Files kept, the current one included; at least 2. */
  readonly files: number;
  /** Bytes, roughly, that may wait for the disk; what comes beyond is dropped. */
  readonly pendingBytes: number;
  /** Milliseconds after a failure before the file is tried again. */
  readonly retryAfter: number;
}

/** What a log file tells about itself. It MUST NOT throw. */
export interface LogFileEvents {
  /** The file cannot be written. Said once, until it can be again. */
  failed(error: unknown): void;
  /** The file is written again; `dropped` lines never will be. */
  recovered(dropped: number): void;
}

/** Lines are joined into one write up to here: few writes under load, and files that end close to their limit. */
const writeBytes = 64 * 1024;

/**
 * Appends records as lines of JSON to `hearth.log`, which is rotated into `hearth.log.1`,
 * `hearth.log.2`, …. It never makes its caller wait and never throws: what the disk cannot take is
 * dropped and counted. Its maker calls `open()` once, and `close()` at the end.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  readonly #events: LogFileEvents;
  #state: 'opening' | 'idle' | 'writing' | 'failed' | 'closed' = 'closed';
  #stream: RotatingFileStream | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #lines: string[] = [];
  #bytes = 0;
  /** Lines that were handed to the disk and not confirmed. */
  #inFlight = 0;
  #dropped = 0;
  #failedAt = 0;
  #announced = false;

  constructor(options: LogFileOptions, events: LogFileEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Resolves when the file is open, or cannot be opened and `failed` was told so. */
  open(): Promise<void> {
    this.#state = 'opening';
    this.#opening = this.#connect();
    return this.#opening;
  }

  /** Takes a record for the file, or drops it. */
  append(record: LoggedRecord): void {
    // Tried again by the next line and not by a timer: as long as nothing is logged, nothing is missing.
    if (this.#state === 'failed' && Date.now() - this.#failedAt >= this.#options.retryAfter) void this.open();
    if (this.#state === 'closed') return;
    if (this.#state === 'failed' || this.#bytes >= this.#options.pendingBytes) {
      this.#dropped += 1;
      return;
    }
    const line = `${JSON.stringify(record)}\n`;
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#state === 'idle') this.#flush();
  }

  /** Resolves when what is pending was written, or cannot be, and the file is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#opening;
    const stream = this.#stream;
    if (stream) {
      this.#handOver(stream);
      if (this.#dropped > 0) this.#tellRecovered();
      this.#handOver(stream);
      stream.end();
    }
    this.#state = 'closed';
    this.#stream = undefined;
    // A disk that fails now leaves nobody to tell.
    if (stream) await finished(stream).catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const { dir, fileBytes, files } = this.#options;
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const stream = createStream('hearth.log', { path: dir, size: `${fileBytes}B`, rotate: Math.max(1, files - 1), mode: 0o600 });
      stream.on('error', (error) => {
        if (this.#stream === stream) this.#fail(error);
      });
      await once(stream, 'open');
      // A rotation begins when what was handed over is in the file: should it fail, no line is lost.
      stream.on('rotation', () => (this.#inFlight = 0));
      this.#stream = stream;
      this.#state = 'idle';
      this.#flush();
    } catch (error) {
      this.#fail(error);
    }
  }

  #flush(): void {
    const stream = this.#stream;
    const lines = this.#take(writeBytes);
    if (!stream || lines.length === 0) return;
    this.#state = 'writing';
    this.#inFlight = lines.length;
    stream.write(lines.join(''), (error) => {
      if (error || this.#stream !== stream) return;
      this.#inFlight = 0;
      this.#state = 'idle';
      const keepsUp = this.#bytes < this.#options.pendingBytes / 2;
      if (keepsUp && (this.#dropped > 0 || this.#announced)) this.#tellRecovered();
      if (this.#state === 'idle') this.#flush();
    });
  }

  /** Leaves all that is pending to the stream's own queue. */
  #handOver(stream: RotatingFileStream): void {
    for (let lines = this.#take(writeBytes); lines.length > 0; lines = this.#take(writeBytes)) stream.write(lines.join(''));
  }

  /** The oldest pending lines, up to `limit` characters and one line more. */
  #take(limit: number): string[] {
    let count = 0;
    let size = 0;
    for (const line of this.#lines) {
      if (size >= limit) break;
      size += line.length;
      count += 1;
    }
    this.#bytes -= size;
    return this.#lines.splice(0, count);
  }

  #tellRecovered(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#announced = false;
    this.#events.recovered(dropped);
  }

  #fail(error: unknown): void {
    this.#state = 'failed';
    this.#stream = undefined;
    this.#failedAt = Date.now();
    this.#dropped += this.#inFlight + this.#lines.length;
    this.#inFlight = 0;
    this.#lines = [];
    this.#bytes = 0;
    if (this.#announced) return;
    this.#announced = true;
    this.#events.failed(error);
  }
}
