import { StringDecoder } from 'node:string_decoder';
import type { CurrentCall } from '../../kernel/calls/current-call.ts';
import type { LogFields, LogLevel } from '../../kernel/ports/logger.ts';
import { LineSplitter } from '../../kernel/protocol/log-lines.ts';

/** Milliseconds after which a line that has begun is logged although it has not ended. */
const openLineTime = 1_000;

/** Calls that may have begun a line at the same time; beyond it all of these lines are logged. */
const openLinesLimit = 1_000;

/** Takes lines of output. Its functions MUST NOT throw. */
export interface OutputSink {
  readonly current: () => CurrentCall | undefined;
  /** Where what is written now comes from. */
  origin(): LogFields;
  /** Takes a line; asks where it came from unless it is dropped. */
  output(level: LogLevel, line: string, origin: () => LogFields): void;
}

interface OpenLine {
  readonly splitter: LineSplitter;
  origin: LogFields;
  writtenAt: number;
}

/** Makes log lines of what is written to one of the process's outputs: each call has a line of its own, which ends with the call at the latest. */
export class OutputLines {
  readonly #level: LogLevel;
  readonly #sink: OutputSink;
  readonly #decoder = new StringDecoder('utf8');
  readonly #open = new Map<CurrentCall | undefined, OpenLine>();
  #timer: NodeJS.Timeout | undefined;

  constructor(level: LogLevel, sink: OutputSink) {
    this.#level = level;
    this.#sink = sink;
  }

  /** Text, or the bytes of some; a character may be cut in two between them. */
  write(chunk: string | Uint8Array): void {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (text === '') return;
    const call = this.#sink.current();
    let known: LogFields | undefined;
    const origin = (): LogFields => (known ??= this.#sink.origin());
    const line = this.#open.get(call) ?? { splitter: new LineSplitter(), origin: {}, writtenAt: 0 };
    line.splitter.push(text, (ended) => this.#sink.output(this.#level, ended, origin));
    if (!line.splitter.open) {
      this.#open.delete(call);
      return;
    }
    line.origin = origin();
    line.writtenAt = performance.now();
    if (!this.#open.has(call)) this.#keep(call, line);
  }

  /** Logs the lines that have begun and not ended. */
  flush(): void {
    for (const call of this.#open.keys()) this.#end(call);
  }

  #keep(call: CurrentCall | undefined, line: OpenLine): void {
    if (this.#open.size >= openLinesLimit) this.flush();
    this.#open.set(call, line);
    if (call && !call.ended) call.onEnd(() => this.#end(call));
    this.#timer ??= setInterval(() => this.#look(), openLineTime).unref();
  }

  #end(call: CurrentCall | undefined): void {
    const line = this.#open.get(call);
    if (!line) return;
    this.#open.delete(call);
    line.splitter.flush((text) => this.#sink.output(this.#level, text, () => line.origin));
  }

  #look(): void {
    const limit = performance.now() - openLineTime;
    for (const [call, { writtenAt }] of this.#open) if (writtenAt < limit) this.#end(call);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
