import { performance } from 'node:perf_hooks';
import { HearthError } from '../../kernel/errors.ts';
import type { InvocationScope } from '../../kernel/calls/invocation.ts';
import type { WorkerLimits } from '../../kernel/protocol/protocol.ts';
import { signal, slot, type WatchdogNotice } from './shared.ts';

/** Milliseconds between two beats. */
const beatInterval = 50;

/**
 * Milliseconds that code is seen running, once somebody has to stop, before it is stopped: so that others
 * whose turn comes meanwhile are not. Memory that runs out cannot wait for long.
 */
const grace = { cpu: 15, memory: 5 } as const;

/** Tells the watchdog something. MUST NOT throw. */
export type NotifyWatchdog = (notice: WatchdogNotice) => void;

/**
 * The worker's side of its watchdog: shows that the event loop turns and whose code runs, and stops
 * code that runs without a pause when the watchdog asks for it. Without a thread nobody asks.
 */
export class Pulse {
  /** What compiled code reads at its guards. */
  readonly flags: Int32Array;
  readonly #scope: InvocationScope;
  readonly #limits: Pick<WorkerLimits, 'cpuTime' | 'memory'>;
  readonly #notify: NotifyWatchdog;
  /** Milliseconds that each invocation, or code outside of any, has run since it was asked to stop. */
  readonly #overtime = new Map<unknown, number>();
  /** The marks that are given, by `name@revision` and the other way round. */
  readonly #marked = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  #current: unknown;
  #seenAt = 0;
  #marks = 0;
  #stopped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(scope: InvocationScope, limits: Pick<WorkerLimits, 'cpuTime' | 'memory'>, flags?: Int32Array, notify?: NotifyWatchdog) {
    this.#scope = scope;
    this.#limits = limits;
    this.flags = flags ?? new Int32Array(new SharedArrayBuffer(4 * Object.keys(slot).length));
    this.#notify = notify ?? ((): void => {});
  }

  /** How often code was stopped. */
  get stopped(): number {
    return this.#stopped;
  }

  /** Begins to beat; the timer does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.beat(), beatInterval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Shows that the event loop has turned, or that the host itself gets on with something long. */
  beat(): void {
    Atomics.add(this.flags, slot.beat, 1);
    if (Atomics.exchange(this.flags, slot.signal, signal.none) <= signal.tell) return;
    this.#overtime.clear();
    // Whoever was seen last is not seen running since then.
    this.#current = undefined;
  }

  /** A mark for evaluated code, to be given back by `unmark()`. */
  mark(name: string, revision: number): number {
    this.#marks += 1;
    const key = `${name}@${revision}`;
    this.#marked.set(key, this.#marks);
    this.#keys.set(this.#marks, key);
    this.#notify({ type: 'mark', id: this.#marks, mark: { function: name, revision } });
    return this.#marks;
  }

  /** As `enter()`, for the code of the invocation that runs now: after an `await` nothing else says whose it is. */
  enterCurrent(): number {
    const invocation = this.#scope.getStore();
    const mark = invocation && this.#marked.get(`${invocation.function}@${invocation.revision}`);
    return this.enter(mark ?? this.flags[slot.running] ?? 0);
  }

  /** Forgets a mark; its code may still run for calls in flight. */
  unmark(id: number): void {
    const key = this.#keys.get(id);
    this.#keys.delete(id);
    if (key !== undefined && this.#marked.get(key) === id) this.#marked.delete(key);
    this.#notify({ type: 'unmark', id });
  }

  /** Says that the code with this mark is called; answers what `leave()` takes when it returns. */
  enter(mark: number): number {
    const outer = this.flags[slot.running] ?? 0;
    this.flags[slot.running] = mark;
    return outer;
  }

  leave(outer: number): void {
    this.flags[slot.running] = outer;
  }

  /** What a guard calls once it finds a signal. Throws when its caller is to stop. */
  readonly guard = (): void => {
    const asked = this.flags[slot.signal];
    if (asked === signal.tell) this.#tell();
    else if (asked === signal.cpu) {
      if (this.#runsFor(grace.cpu)) this.#stop(new HearthError('CPU_LIMIT_EXCEEDED', { limit: this.#limits.cpuTime }));
    } else if (asked === signal.memory && this.#runsFor(grace.memory)) {
      // Once: the watchdog asks again while it gets worse.
      Atomics.compareExchange(this.flags, slot.signal, asked, signal.none);
      this.#stop(new HearthError('MEMORY_LIMIT_EXCEEDED', { limit: this.#limits.memory }));
    }
  };

  /** Says whose code runs, which after an `await` only the invocation knows. */
  #tell(): void {
    Atomics.compareExchange(this.flags, slot.signal, signal.tell, signal.none);
    const invocation = this.#scope.getStore();
    if (invocation) this.#notify({ type: 'running', mark: { function: invocation.function, revision: invocation.revision } });
  }

  /** Whether whoever runs now has run for so long since code was asked to stop. */
  #runsFor(time: number): boolean {
    const now = performance.now();
    const running = this.#scope.getStore() ?? this.flags[slot.running];
    const before = this.#overtime.get(running) ?? 0;
    const overtime = running === this.#current ? before + now - this.#seenAt : before;
    this.#current = running;
    this.#seenAt = now;
    this.#overtime.set(running, overtime);
    return overtime >= time;
  }

  #stop(error: HearthError): never {
    this.#stopped += 1;
    throw error;
  }
}
