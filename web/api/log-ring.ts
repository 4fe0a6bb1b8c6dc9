import type { LoggedRecord } from './queries.ts';

/** The newest log records that the host has sent, oldest first; ids grow and never come twice. */
export class LogRing {
  readonly #limit: number;
  #records: LoggedRecord[] = [];
  /** Where the oldest record stands: what lies before it is cut off now and then, and not for every line. */
  #start = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#records.length - this.#start;
  }

  /** The newest record. */
  get last(): LoggedRecord | undefined {
    return this.#records.at(-1);
  }

  /** Adds a record unless it is here already; the oldest goes when there is no more room. */
  push(record: LoggedRecord): boolean {
    const { last } = this;
    if (last && record.id <= last.id) return false;
    this.#records.push(record);
    if (this.size > this.#limit) this.#start += 1;
    if (this.#start > this.#limit / 4) {
      this.#records = this.#records.slice(this.#start);
      this.#start = 0;
    }
    return true;
  }

  /** The records whose ids are greater, oldest first. */
  after(id: number): readonly LoggedRecord[] {
    let low = this.#start;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.id ?? 0) > id) high = middle;
      else low = middle + 1;
    }
    return this.#records.slice(low);
  }
}
