import { AsyncLocalStorage } from 'node:async_hooks';
import { Queue, type QueueEntry } from './queue.ts';

export interface ConcurrencyCounters {
  requestsActive: number;
  requestsQueued: number;
}

/** How many calls of one function may run, and how many may wait for their turn. */
export interface ConcurrencyLimits {
  readonly concurrency: number;
  readonly queuedCalls: number;
}

export interface WaitingCall {
  /** Its turn has come. MUST NOT throw. */
  takeTurn(): void;
}

export interface Lane {
  readonly name: string;
  running: number;
  waiting: Queue<WaitingCall> | undefined;
  advancing: boolean;
}

/**
 * Bounds how many calls of each function run at a time and how many wait. Calls that settle synchronously
 * never get here, and a function without pending calls is soon forgotten.
 */
export class Concurrency {
  readonly #limits: ConcurrencyLimits;
  readonly #counters: ConcurrencyCounters;
  readonly #lanes = new Map<string, Lane>();
  /** A turn must not carry the call that happens to free it. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(limits: ConcurrencyLimits, counters: ConcurrencyCounters) {
    this.#limits = limits;
    this.#counters = counters;
  }

  get size(): number {
    return this.#lanes.size;
  }

  isFull(name: string): boolean {
    if (this.#lanes.size === 0) return false;
    const lane = this.#lanes.get(name);
    return lane !== undefined && (lane.running >= this.#limits.concurrency || lane.waiting !== undefined);
  }

  /** Puts the call into its function's queue; undefined when that is full. */
  wait(name: string, call: WaitingCall): QueueEntry<WaitingCall> | undefined {
    const lane = this.#lane(name);
    if ((lane.waiting?.size ?? 0) >= this.#limits.queuedCalls) return undefined;
    lane.waiting ??= new Queue();
    this.#counters.requestsQueued += 1;
    return lane.waiting.push(call);
  }

  /** Takes a call out of its queue before its turn. */
  withdraw(name: string, entry: QueueEntry<WaitingCall>): void {
    const lane = this.#lanes.get(name);
    if (!lane?.waiting || !entry.queued) return;
    lane.waiting.remove(entry);
    this.#counters.requestsQueued -= 1;
    if (lane.waiting.size === 0) lane.waiting = undefined;
    this.#settle(lane);
  }

  /** Counts one more running call; returns the lane to `leave()`. */
  enter(name: string): Lane {
    const lane = this.#lane(name);
    lane.running += 1;
    this.#counters.requestsActive += 1;
    return lane;
  }

  leave(lane: Lane): void {
    lane.running -= 1;
    this.#counters.requestsActive -= 1;
    this.#settle(lane);
  }

  /** Forgets functions without pending calls. To do so after each call would cost more than the rest. */
  forgetIdle(): void {
    for (const lane of this.#lanes.values()) if (lane.running === 0 && !lane.waiting) this.#lanes.delete(lane.name);
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { name, running: 0, waiting: undefined, advancing: false };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #settle(lane: Lane): void {
    if (!lane.waiting || lane.advancing || lane.running >= this.#limits.concurrency) return;
    lane.advancing = true;
    // Not at once: this may run inside another call's `response.write()`.
    this.#outside(() => setImmediate(() => this.#advance(lane)));
  }

  #advance(lane: Lane): void {
    lane.advancing = false;
    // A call that settles synchronously takes no place: the next one gets its turn in the loop's next turn.
    for (let free = this.#limits.concurrency - lane.running; free > 0; free -= 1) {
      const next = lane.waiting?.shift();
      if (!next) break;
      this.#counters.requestsQueued -= 1;
      if (lane.waiting?.size === 0) lane.waiting = undefined;
      next.takeTurn();
    }
    this.#settle(lane);
  }
}
