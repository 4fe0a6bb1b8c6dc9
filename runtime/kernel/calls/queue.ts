export interface QueueEntry<T> {
  readonly value: T;
  previous: QueueEntry<T> | undefined;
  next: QueueEntry<T> | undefined;
  queued: boolean;
}

/**
 * First in, first out, where an entry may also leave from the middle. A linked list: an array's `shift()`
 * takes time in proportion to what waits, and a `Set` that many values pass through keeps its old tables
 * alive until the garbage collector has carried them along.
 */
export class Queue<T> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  push(value: T): QueueEntry<T> {
    const previous = this.#last;
    const entry: QueueEntry<T> = { value, previous, next: undefined, queued: true };
    if (previous) previous.next = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#size += 1;
    return entry;
  }

  shift(): T | undefined {
    const first = this.#first;
    if (!first) return undefined;
    this.remove(first);
    return first.value;
  }

  /** Does nothing when the entry has left already. */
  remove(entry: QueueEntry<T>): void {
    if (!entry.queued) return;
    const { previous, next } = entry;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    entry.queued = false;
    entry.previous = undefined;
    entry.next = undefined;
    this.#size -= 1;
  }

  *backwards(): Generator<T, void> {
    for (let entry = this.#last; entry; entry = entry.previous) yield entry.value;
  }
}
