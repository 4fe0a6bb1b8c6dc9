/** Calls that began between two times at which somebody asked to wait. */
export interface Generation {
  running: number;
}

interface Waiter {
  readonly generations: readonly Generation[];
  readonly callback: () => void;
}

/** Counts the calls under way, so that what they may use can outlive all those that run now. */
export class InFlight {
  #current: Generation = { running: 0 };
  #earlier: Generation[] = [];
  #waiters: Waiter[] = [];

  /** Counts a call; `leave()` takes what this returns. */
  enter(): Generation {
    this.#current.running += 1;
    return this.#current;
  }

  leave(generation: Generation): void {
    generation.running -= 1;
    if (generation.running === 0 && this.#waiters.length > 0) this.#tell();
  }

  /** Calls back once all calls that run now have ended, at once if none does. */
  whenEnded(callback: () => void): void {
    const generations = [...this.#earlier, this.#current].filter(({ running }) => running > 0);
    if (generations.length === 0) {
      callback();
      return;
    }
    this.#current = { running: 0 };
    this.#earlier = generations;
    this.#waiters.push({ generations, callback });
  }

  #tell(): void {
    this.#earlier = this.#earlier.filter(({ running }) => running > 0);
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ generations }) => generations.some(({ running }) => running > 0));
    for (const waiter of waiters) if (!this.#waiters.includes(waiter)) waiter.callback();
  }
}
