import type { Calls } from './calls.ts';
import type { Concurrency, Lane, WaitingCall } from './concurrency.ts';
import type { Deadlines, TimedCall } from './deadlines.ts';
import type { Lifetime } from './lifetime.ts';
import type { QueueEntry } from './queue.ts';

export interface CallBounds {
  readonly calls: Calls;
  /** Absent: the trigger's calls may take as long as they like. */
  readonly deadlines?: Deadlines;
  /** Absent: any number may run. */
  readonly concurrency?: Concurrency;
  /** Of what the calls start; absent: it is that of the function that is called. */
  readonly lifetime?: Lifetime;
}

/** A call that is counted and timed, from its first wait until it settles or its response begins. */
export class PendingCall {
  readonly #bounds: CallBounds;
  readonly #name: string;
  readonly #timed: QueueEntry<TimedCall> | undefined;
  #lane: Lane | undefined;
  #waiting: QueueEntry<WaitingCall> | undefined;

  /** `waiting` is the call's entry in the queue of the function, if it has to wait for its turn. */
  constructor(bounds: CallBounds, call: TimedCall['call'] & { readonly function: string }, waiting?: QueueEntry<WaitingCall>) {
    this.#bounds = bounds;
    this.#name = call.function;
    this.#timed = bounds.deadlines?.add(call);
    this.#waiting = waiting;
  }

  enter(): void {
    this.#waiting = undefined;
    this.#lane ??= this.#bounds.concurrency?.enter(this.#name);
  }

  release(): void {
    const { deadlines, concurrency } = this.#bounds;
    if (this.#timed) deadlines?.remove(this.#timed);
    if (this.#lane) concurrency?.leave(this.#lane);
    if (this.#waiting) concurrency?.withdraw(this.#name, this.#waiting);
    this.#lane = undefined;
    this.#waiting = undefined;
  }
}
