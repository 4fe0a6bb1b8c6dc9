import { getEventListeners } from 'node:events';

// Below so many, looking for those that are gone costs more than it frees.
const minimumPrune = 16;

/**
 * The signals of a socket's events, which abort when the socket closes. Signals of events that have
 * ended and that nobody listens to are kept weakly: a function that asks for one on each message
 * must not fill memory for as long as its socket is open.
 */
export class ClosingSignals {
  readonly #kept = new Set<AbortController>();
  // A signal does not keep its controller alive by itself.
  readonly #controllers = new WeakMap<AbortSignal, AbortController>();
  #loose: WeakRef<AbortSignal>[] = [];
  #pruneAt = minimumPrune;

  add(controller: AbortController): void {
    this.#kept.add(controller);
  }

  /** The event of this controller has ended. */
  ended(controller: AbortController): void {
    const { signal } = controller;
    if (signal.aborted) this.#kept.delete(controller);
    if (getEventListeners(signal, 'abort').length > 0 || !this.#kept.delete(controller)) return;
    this.#controllers.set(signal, controller);
    this.#loose.push(new WeakRef(signal));
    if (this.#loose.length < this.#pruneAt) return;
    this.#loose = this.#loose.filter((reference) => reference.deref() !== undefined);
    this.#pruneAt = Math.max(minimumPrune, this.#loose.length * 2);
  }

  /** Aborts all of them. */
  abort(): void {
    for (const controller of this.#kept) controller.abort();
    for (const reference of this.#loose) {
      const signal = reference.deref();
      if (signal) this.#controllers.get(signal)?.abort();
    }
    this.#kept.clear();
    this.#loose = [];
  }
}
