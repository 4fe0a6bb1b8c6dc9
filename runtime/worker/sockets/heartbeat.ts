// Short enough that the pings of 100,000 sockets at 30 s block the loop for some milliseconds at a time.
const sliceMs = 250;
const maximumSlices = 240;

/**
 * One timer for all connections. Their beats are spread over the interval, so that thousands of pings
 * do not block the loop at once. The timer runs only while there are connections and does not keep
 * the process alive. `beat()` is called once an interval and MUST NOT throw.
 */
export class Heartbeat<Connection extends { beat(): void }> {
  readonly #slices: readonly Set<Connection>[];
  readonly #period: number;
  #next = 0;
  #current = 0;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(interval: number) {
    const slices = Math.min(maximumSlices, Math.max(1, Math.floor(interval / sliceMs)));
    this.#slices = Array.from({ length: slices }, () => new Set<Connection>());
    this.#period = interval / slices;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls the connection's `beat()` from now on; returns its slice, for `remove()`. */
  add(connection: Connection): number {
    const slice = this.#next;
    this.#next = (slice + 1) % this.#slices.length;
    this.#slices[slice]?.add(connection);
    this.#size += 1;
    this.#timer ??= setInterval(() => this.#tick(), this.#period).unref();
    return slice;
  }

  remove(connection: Connection, slice: number): void {
    if (!this.#slices[slice]?.delete(connection)) return;
    this.#size -= 1;
    if (this.#size === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const slice = this.#slices[this.#current];
    this.#current = (this.#current + 1) % this.#slices.length;
    if (slice) for (const connection of slice) connection.beat();
  }
}
