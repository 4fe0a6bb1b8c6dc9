// How much later than its time an event may be given up, at most.
const resolutionMs = 250;

/** A line of events. Its members MUST NOT throw. */
export interface Watched {
  /** The event whose handler is pending, if any. */
  readonly pending: object | undefined;
  /** The time of that event is over. */
  expire(): void;
}

/** An event with when it was first seen pending, in milliseconds. */
interface Pending {
  readonly event: object;
  readonly since: number;
}

/**
 * Gives up events whose handlers do not settle in time. One timer for all: an event that settles soon
 * costs an entry in a list, and only what is still pending at the next tick is remembered with its
 * time. The timer runs while there is something to look at and does not keep the process alive.
 */
export class EventWatch {
  readonly #timeout: number;
  readonly #period: number;
  #started: Watched[] = [];
  readonly #seen = new Map<Watched, Pending>();
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;

  /** `timeout` is in milliseconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
    this.#period = Math.max(1, Math.min(resolutionMs, timeout / 4));
  }

  /** Whether the timer runs. */
  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Counts the ticks: a line that has started in this turn need not say it again. */
  get turn(): number {
    return this.#turn;
  }

  /** A handler of this line has become pending. */
  started(line: Watched): void {
    this.#started.push(line);
    this.#timer ??= setInterval(() => this.#tick(), this.#period).unref();
  }

  /** Forgets everything. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#turn += 1;
    this.#started = [];
    this.#seen.clear();
  }

  #tick(): void {
    const now = performance.now();
    this.#turn += 1;
    const started = this.#started;
    this.#started = [];
    for (const line of started) {
      const { pending } = line;
      if (pending && this.#seen.get(line)?.event !== pending) this.#seen.set(line, { event: pending, since: now });
    }
    for (const [line, { event, since }] of this.#seen) {
      const ended = line.pending !== event;
      if (!ended && now - since < this.#timeout) continue;
      this.#seen.delete(line);
      if (!ended) line.expire();
    }
    if (this.#seen.size === 0 && this.#started.length === 0) this.stop();
  }
}
