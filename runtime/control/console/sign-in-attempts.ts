import { isIPv6 } from 'node:net';

export interface AttemptLimits {
  /** At once, before an address has to wait. */
  readonly burst: number;
  /** Milliseconds after which it may fail once more. */
  readonly interval: number;
}

/** What one address may get wrong, and what all of them together may. */
const limits = { address: { burst: 10, interval: 10_000 }, all: { burst: 100, interval: 1_000 } };

// More than these at the same time are held back by the limit for all.
const maximumAddresses = 10_000;

/** Counts failed sign-ins, of each address and of all, and says which address has to wait. */
export class Attempts {
  readonly #now: () => number;
  /** When each address has its whole burst again; those that failed last stand last. */
  readonly #fullAt = new Map<string, number>();
  #allFullAt = 0;

  /** `now` answers milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#fullAt.size;
  }

  /** Milliseconds until the address may try; 0 when it may now. */
  wait(address: string): number {
    const now = this.#now();
    const own = waitOf(this.#fullAt.get(networkOf(address)) ?? now, now, limits.address);
    return Math.max(own, waitOf(this.#allFullAt, now, limits.all));
  }

  fail(address: string): void {
    const now = this.#now();
    const key = networkOf(address);
    const fullAt = fullAfter(this.#fullAt.get(key) ?? now, now, limits.address);
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    this.#allFullAt = fullAfter(this.#allFullAt, now, limits.all);
    this.#forget(now);
  }

  #forget(now: number): void {
    for (const [address, fullAt] of this.#fullAt) {
      if (fullAt > now && this.#fullAt.size <= maximumAddresses) return;
      this.#fullAt.delete(address);
    }
  }
}

function waitOf(fullAt: number, now: number, { burst, interval }: AttemptLimits): number {
  return Math.max(0, fullAt - now - (burst - 1) * interval);
}

/** Codes are never held back: wrong ones without end must not hold tokens back for longer than one interval. */
function fullAfter(fullAt: number, now: number, { burst, interval }: AttemptLimits): number {
  return Math.min(Math.max(fullAt, now) + interval, now + burst * interval);
}

/** What failures are counted for: the owner of one IPv6 address has all of its /64. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail = ''] = plain.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const missing = Math.max(0, plain.includes('::') ? 8 - left.length - right.length : 0);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
