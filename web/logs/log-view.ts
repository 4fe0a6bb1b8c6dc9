import type { LogRing } from '../api/log-ring.ts';
import type { LoggedRecord } from '../api/queries.ts';
import { createMatcher, type LogFilter } from './filter.ts';

/** Lines that a list shows at most. */
const viewLines = 20_000;

/** How many the oldest go by at a time, so that a list under flood is not moved for each line. */
const cut = 500;

/** The lines that a filter lets through, oldest first, gathered as they come. */
export class LogView {
  readonly #matches: (record: LoggedRecord) => boolean;
  #lines: readonly LoggedRecord[] = [];
  /** The newest record that was looked at. */
  #seen = 0;
  #clearedAt = 0;

  constructor(filter: LogFilter) {
    this.#matches = createMatcher(filter);
  }

  /** Another array when there is something new. */
  get lines(): readonly LoggedRecord[] {
    return this.#lines;
  }

  /** Takes what the ring has got since the last time. */
  take(ring: LogRing): void {
    const fresh = ring.after(this.#seen);
    this.#seen = fresh.at(-1)?.id ?? this.#seen;
    const found = fresh.filter(this.#matches);
    if (found.length === 0) return;
    const lines = [...this.#lines, ...found];
    this.#lines = lines.length > viewLines + cut ? lines.slice(-viewLines) : lines;
  }

  /** How many lines the ring has that were not taken. */
  waiting(ring: LogRing): number {
    return ring.after(this.#seen).filter(this.#matches).length;
  }

  /** Puts lines where they belong that came by another way than the ring. */
  merge(records: readonly LoggedRecord[]): void {
    const known = new Set(this.#lines.map(({ id }) => id));
    const found = records.filter((record) => record.id > this.#clearedAt && !known.has(record.id) && this.#matches(record));
    if (found.length === 0) return;
    this.#lines = [...found, ...this.#lines].toSorted((one, other) => one.id - other.id);
    this.#seen = Math.max(this.#seen, this.#lines.at(-1)?.id ?? 0);
  }

  /** Leaves out all lines that the view holds, also when they come again. */
  clear(ring: LogRing): void {
    this.#clearedAt = Math.max(this.#seen, ring.last?.id ?? 0);
    this.#seen = this.#clearedAt;
    this.#lines = [];
  }
}
