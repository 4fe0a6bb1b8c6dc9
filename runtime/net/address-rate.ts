import { plainAddress } from './address.ts';

// How much an address may ask for at once, in milliseconds of its rate.
const burstMs = 2000;
// More addresses than this within the time of a burst are an attack, and are let through at the most twice as fast.
const maximumAddresses = 50_000;

/**
 * How often each address may do something: so many times a second, and twice as many at once. An
 * address that has not asked for two seconds is forgotten.
 */
export class AddressRate {
  readonly #interval: number;
  readonly #free: ReadonlySet<string>;
  /** When each address will have its whole burst again; those that asked last stand last. */
  readonly #fullAt = new Map<string, number>();

  /** `free` are the addresses without a limit. */
  constructor(perSecond: number, free: readonly string[]) {
    this.#interval = 1000 / perSecond;
    this.#free = new Set(free.map((address) => plainAddress(address)));
  }

  get size(): number {
    return this.#fullAt.size;
  }

  /** Whether the address may go on at `now`, in milliseconds; an unknown address may. */
  take(address: string | undefined, now: number): boolean {
    if (address === undefined) return true;
    const plain = plainAddress(address);
    if (this.#free.has(plain)) return true;
    this.#forget(now);
    const next = Math.max(this.#fullAt.get(plain) ?? now, now) + this.#interval;
    // What adds up to the burst in fractions may be a hair more than it.
    if (next - now > burstMs + this.#interval / 2) return false;
    this.#fullAt.delete(plain);
    this.#fullAt.set(plain, next);
    return true;
  }

  #forget(now: number): void {
    for (const [address, fullAt] of this.#fullAt) {
      if (fullAt > now && this.#fullAt.size < maximumAddresses) return;
      this.#fullAt.delete(address);
    }
  }
}
