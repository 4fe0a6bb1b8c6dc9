import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { Queue, type QueueEntry } from './queue.ts';

/** Milliseconds by which a call may be ended too late: one timer looks after all calls. */
const resolution = 250;

export interface TimedCall {
  /** `expire()` MUST NOT throw. */
  readonly call: { expire(): void };
  /** Milliseconds of the process's clock at the first look that saw it; 0 before. */
  seenAt: number;
}

/**
 * Ends the wait for calls that do not settle within one and the same timeout. Most calls settle before the
 * first look, so a call costs an entry in a list: neither a timer nor a reading of the clock. The timer
 * runs while there is something to look at, and does not keep the process alive.
 */
export class Deadlines {
  readonly timeout: number;
  readonly #period: number;
  readonly #calls = new Queue<TimedCall>();
  /** The timer must not carry the call that happens to start it. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #looked: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `timeout` is in milliseconds. `looked` is called after each look and MUST NOT throw. */
  constructor(timeout: number, looked: () => void = () => {}) {
    this.timeout = timeout;
    this.#looked = looked;
    this.#period = Math.max(1, Math.min(resolution, timeout / 4));
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Measures the call's time from now on, until `remove()`. */
  add(call: TimedCall['call']): QueueEntry<TimedCall> {
    this.#timer ??= this.#outside(() => setInterval(() => this.#look(), this.#period).unref());
    return this.#calls.push({ call, seenAt: 0 });
  }

  remove(entry: QueueEntry<TimedCall>): void {
    this.#calls.remove(entry);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    for (const timed of this.#calls.backwards()) {
      if (timed.seenAt !== 0) break;
      timed.seenAt = now;
    }
    const earliest = now - this.timeout;
    // What begins while others expire has not been seen yet.
    for (let first = this.#calls.first; first && first.seenAt !== 0 && first.seenAt <= earliest; first = this.#calls.first) {
      this.#calls.shift();
      first.call.expire();
    }
    this.#looked();
    if (this.#calls.size === 0) this.stop();
  }
}
