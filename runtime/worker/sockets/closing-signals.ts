import { getEventListeners } from 'node:events';

// Below so many, looking for those that are gone costs more than it frees.
const minimumPrune = 16;

/** A call whose signal was asked for. */
interface SignalledCall {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/**
 * The calls whose signals abort when a socket closes. Those that have ended and whose signals nobody listens to
 * are kept weakly: a function that asks for a signal on each message must not fill memory for as long as its
 * socket is open.
 */
export class ClosingSignals<Call extends SignalledCall> {
  readonly #kept = new Set<Call>();
  // A signal does not keep its call alive by itself.
  readonly #calls = new WeakMap<AbortSignal, Call>();
  #loose: WeakRef<AbortSignal>[] = [];
  #pruneAt = minimumPrune;

  add(call: Call): void {
    this.#kept.add(call);
  }

  ended(call: Call): void {
    const { signal } = call;
    if (signal.aborted) this.#kept.delete(call);
    if (getEventListeners(signal, 'abort').length > 0 || !this.#kept.delete(call)) return;
    this.#calls.set(signal, call);
    this.#loose.push(new WeakRef(signal));
    if (this.#loose.length < this.#pruneAt) return;
    this.#loose = this.#loose.filter((reference) => reference.deref() !== undefined);
    this.#pruneAt = Math.max(minimumPrune, this.#loose.length * 2);
  }

  abort(): void {
    for (const call of this.#kept) call.abort(undefined);
    for (const reference of this.#loose) {
      const signal = reference.deref();
      if (signal) this.#calls.get(signal)?.abort(undefined);
    }
    this.#kept.clear();
    this.#loose = [];
  }
}
