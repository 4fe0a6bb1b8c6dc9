/** A value's place in a {@link List}. */
export interface Place<T> {
  readonly value: T;
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
  listed: boolean;
}

/**
 * Values in the order in which they came, each of which can leave from where it is. A `Set` would do,
 * but leaves tables behind when many come and go, and with these everything that was in them for the
 * garbage collector to carry along.
 */
export class List<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value that has been there for longest. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  add(value: T): Place<T> {
    const previous = this.#last;
    const place: Place<T> = { value, previous, next: undefined, listed: true };
    if (previous) previous.next = place;
    else this.#first = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Does nothing when the value has left already. */
  remove(place: Place<T>): void {
    if (!place.listed) return;
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    place.listed = false;
    place.previous = undefined;
    place.next = undefined;
    this.#size--;
  }
}
