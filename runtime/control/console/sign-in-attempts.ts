import { networkOf } from '../../net/address.ts';
import { RateLimit } from '../../net/rate-limit.ts';

/** Counts failed sign-ins, of each address and of all together, and says which address has to wait. */
export class SignInAttempts {
  readonly #now: () => number;
  readonly #each = new RateLimit({ burst: 10, interval: 10_000 });
  /** Holds back an attack from many addresses; those who sign in by a code never wait for it. */
  readonly #all = new RateLimit({ burst: 100, interval: 1_000 });

  /** `now` returns milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Milliseconds until the address may try; 0 when it may now. */
  wait(address: string): number {
    const now = this.#now();
    return Math.max(this.#each.wait(networkOf(address), now), this.#all.wait('', now));
  }

  fail(address: string): void {
    const now = this.#now();
    this.#each.count(networkOf(address), now);
    this.#all.count('', now);
  }
}
