import { performance } from 'node:perf_hooks';
import { HearthError } from '../../kernel/errors.ts';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { WorkerLimits } from '../../kernel/protocol/settings.ts';
import type { FunctionMark } from '../../kernel/protocol/watchdog-report.ts';
import { signal, slot, type WatchdogNotice } from './shared-flags.ts';

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
  readonly #calls: Pick<Calls, 'attribution' | 'current'>;
  readonly #limits: Pick<WorkerLimits, 'cpuTime' | 'memory'>;
  readonly #notify: NotifyWatchdog;
  /** Milliseconds that each invocation, or code outside of any, has run since it was asked to stop. */
  readonly #overtime = new Map<unknown, number>();
  #current: unknown;
  #seenAt = 0;
  #stopped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    calls: Pick<Calls, 'attribution' | 'current'>,
    limits: Pick<WorkerLimits, 'cpuTime' | 'memory'>,
    flags?: Int32Array,
    notify?: NotifyWatchdog,
  ) {
    this.#calls = calls;
    this.#limits = limits;
    this.flags = flags ?? new Int32Array(new SharedArrayBuffer(4 * Object.keys(slot).length));
    this.#notify = notify ?? ((): void => {});
  }

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
    // The code seen last may not have run since.
    this.#current = undefined;
  }

  /** What the guards of a function's code call once they find a signal. Throws when that code has to stop. */
  guardOf(mark: FunctionMark): () => void {
    return () => {
      const asked = this.flags[slot.signal];
      if (asked === signal.tell) this.#tell(mark);
      else if (asked === signal.cpu) {
        if (this.#runsFor(grace.cpu)) this.#stop(new HearthError('CPU_LIMIT_EXCEEDED', { limit: this.#limits.cpuTime }));
      } else if (asked === signal.memory && this.#runsFor(grace.memory)) {
        // Once: the watchdog asks again while it gets worse.
        Atomics.compareExchange(this.flags, slot.signal, asked, signal.none);
        this.#stop(new HearthError('MEMORY_LIMIT_EXCEEDED', { limit: this.#limits.memory }));
      }
    };
  }

  /** Says whose code runs. After an `await`, and inside an imported function, only its guard knows. */
  #tell(mark: FunctionMark): void {
    Atomics.compareExchange(this.flags, slot.signal, signal.tell, signal.none);
    this.#notify({ type: 'running', mark });
  }

  /** Whether the code that runs now has run for so long since code was asked to stop. */
  #runsFor(time: number): boolean {
    const now = performance.now();
    const running = this.#calls.current ?? this.#calls.attribution.current;
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
