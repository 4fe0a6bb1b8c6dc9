import { HearthError } from '../../../kernel/errors.ts';
import type { CrashReport } from './crash-report.ts';

/** Workers that may end before the first one serves; more than those that it takes to blame a function. */
const deathsLimit = 4;

/** The start of a host's first worker: over when one serves, or when too many have ended before they did. */
export class FirstStart {
  /** Resolves when a worker serves; rejects when that is given up. */
  readonly served: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #deaths = 0;
  #over = false;

  constructor() {
    this.served = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  succeed(): void {
    this.#over = true;
    this.#resolve();
  }

  fail(error: unknown): void {
    this.#over = true;
    this.#reject(error);
  }

  /** A worker has ended; returns whether no other will be tried. One whose function was disabled does not count. */
  isLast({ quarantined, message }: CrashReport): boolean {
    if (this.#over) return false;
    this.#deaths = quarantined ? 0 : this.#deaths + 1;
    if (this.#deaths < deathsLimit) return false;
    this.fail(new HearthError('WORKER_UNAVAILABLE', { reason: message }));
    return true;
  }
}
