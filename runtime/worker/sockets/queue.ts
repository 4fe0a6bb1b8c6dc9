// Moving what waits to the front costs as much as it is long, so that it pays only once much has been taken.
const compactAt = 256;

/** First in, first out; taking is constant time also when many wait, where `Array.prototype.shift` is not. */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes the oldest item; undefined when none waits. */
  shift(): Item | undefined {
    const items = this.#items;
    if (this.#head === items.length) return undefined;
    const item = items[this.#head];
    // What was taken must not be kept alive by what still waits.
    items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= compactAt && this.#head * 2 >= items.length) {
      this.#items = items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
