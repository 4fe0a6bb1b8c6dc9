import type { LoggedRecord } from './log-filter.ts';

/** The newest records, bounded in number and, roughly, in bytes. Their ids MUST follow one another without a gap. */
export class LogRing {
  readonly #records: (LoggedRecord | undefined)[];
  readonly #byteLimit: number;
  /** Where the oldest record stands. */
  #start = 0;
  #size = 0;
  #bytes = 0;

  constructor(lineLimit: number, byteLimit: number) {
    this.#records = Array.from({ length: Math.max(1, lineLimit) });
    this.#byteLimit = byteLimit;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the newest record and forgets the oldest ones that there is no more room for; the newest always stays. */
  push(record: LoggedRecord): void {
    const bytes = bytesOf(record);
    while (this.#size > 0 && (this.#size === this.#records.length || this.#bytes + bytes > this.#byteLimit)) this.#shift();
    this.#records[(this.#start + this.#size) % this.#records.length] = record;
    this.#size += 1;
    this.#bytes += bytes;
  }

  /** The record that has `position` older ones here, or undefined. */
  at(position: number): LoggedRecord | undefined {
    return position < 0 || position >= this.#size ? undefined : this.#records[(this.#start + position) % this.#records.length];
  }

  /** The position of the oldest record whose id is greater than `id`; the size where there is none. */
  positionAfter(id: number): number {
    const oldest = this.at(0);
    return oldest ? Math.min(Math.max(id - oldest.id + 1, 0), this.#size) : 0;
  }

  #shift(): void {
    const oldest = this.#records[this.#start];
    this.#records[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#records.length;
    this.#size -= 1;
    if (oldest) this.#bytes -= bytesOf(oldest);
  }
}

/** What a record takes without its long texts. */
const recordBytes = 200;

function bytesOf(record: LoggedRecord): number {
  // A string takes one or two bytes a character; which one cannot be asked.
  return recordBytes + 2 * (record.message.length + (record.stack?.length ?? 0));
}
