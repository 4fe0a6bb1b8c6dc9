/** So many at once, then one each `interval` milliseconds. */
export interface Rate {
  readonly burst: number;
  readonly interval: number;
}

// More addresses than this within the time of a burst are an attack, and may do twice as much at the most.
const maximumAddresses = 50_000;

/** Limits how often each address does something. One that may have its whole burst again is forgotten. */
export class RateLimit {
  readonly #rate: Rate;
  /** When each address has its whole burst again; those counted last stand last. */
  readonly #fullAt = new Map<string, number>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#fullAt.size;
  }

  /** Milliseconds, rounded down, until the address may at `now`; 0 when it may at once. */
  wait(address: string, now: number): number {
    const { burst, interval } = this.#rate;
    const fullAt = this.#fullAt.get(address) ?? now;
    // What adds up to the burst in fractions may be a hair more than it.
    return Math.max(0, Math.floor(fullAt - now - (burst - 1) * interval));
  }

  /** Counts what the address does, also beyond its rate: that never makes it wait longer than one interval. */
  count(address: string, now: number): void {
    const { burst, interval } = this.#rate;
    const fullAt = Math.min(Math.max(this.#fullAt.get(address) ?? now, now) + interval, now + burst * interval);
    this.#fullAt.delete(address);
    this.#fullAt.set(address, fullAt);
    this.#forget(now);
  }

  #forget(now: number): void {
    for (const [address, fullAt] of this.#fullAt) {
      if (fullAt > now && this.#fullAt.size <= maximumAddresses) return;
      this.#fullAt.delete(address);
    }
  }
}
