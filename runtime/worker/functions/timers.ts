import { promisify } from 'node:util';
import { isImmediate } from '../../internals/node-process.ts';
import { HearthError } from '../../kernel/errors.ts';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { CurrentCall } from '../../kernel/calls/current-call.ts';
import type { FunctionModule } from '../../kernel/functions/module.ts';

/** Timers of one function that may wait at the same time: some hundred bytes each, and all may fire in one turn of the loop. */
const timersLimit = 100_000;

type Timer = NodeJS.Timeout | NodeJS.Immediate;
type Callback = (...args: unknown[]) => void;

/** Node's timer functions, as a function's code sees them. */
export interface FunctionTimers {
  readonly setTimeout: (callback: Callback, delay?: number, ...args: unknown[]) => Timer;
  readonly setInterval: (callback: Callback, delay?: number, ...args: unknown[]) => Timer;
  readonly setImmediate: (callback: Callback, ...args: unknown[]) => Timer;
  readonly clearTimeout: (timer: NodeJS.Timeout) => void;
  readonly clearInterval: (timer: NodeJS.Timeout) => void;
  readonly clearImmediate: (timer: NodeJS.Immediate) => void;
}

/**
 * The timers of one module instance. When the instance is replaced its timers are cleared, so that
 * an old interval neither runs on nor keeps the old code in memory; only what a call in
 * flight has started lives until that call ends.
 */
export class TimerSet {
  readonly #calls: Calls;
  readonly #module: FunctionModule;
  readonly #running = new Map<Timer, CurrentCall | undefined>();
  /** Calls at whose end their timers are cleared. */
  readonly #awaited = new WeakSet<CurrentCall>();
  #disposed = false;

  constructor(calls: Calls, module: FunctionModule) {
    this.#calls = calls;
    this.#module = module;
  }

  get size(): number {
    return this.#running.size;
  }

  functions(): FunctionTimers {
    const timers: FunctionTimers = {
      setTimeout: (callback, delay, ...args) => this.#timeout(callback, delay, args),
      setInterval: (callback, delay, ...args) => this.#interval(callback, delay, args),
      setImmediate: (callback, ...args) => this.#immediate(callback, args),
      clearTimeout: (timer) => {
        this.#running.delete(timer);
        clearTimeout(timer);
      },
      clearInterval: (timer) => {
        this.#running.delete(timer);
        clearInterval(timer);
      },
      clearImmediate: (timer) => {
        if (!isImmediate(timer)) return;
        this.#running.delete(timer);
        clearImmediate(timer);
      },
    };
    // `util.promisify(setTimeout)` is how much code sleeps; Node looks for this symbol.
    Object.defineProperty(timers.setTimeout, promisify.custom, {
      value: (delay?: number, value?: unknown) => new Promise((resolve) => timers.setTimeout(resolve, delay, value)),
    });
    Object.defineProperty(timers.setImmediate, promisify.custom, {
      value: (value?: unknown) => new Promise((resolve) => timers.setImmediate(resolve, value)),
    });
    return timers;
  }

  /** Clears the timers, except those of calls in flight, which are cleared when these end. */
  dispose(): void {
    this.#disposed = true;
    for (const [timer, call] of this.#running) this.#retire(timer, call);
  }

  #timeout(callback: Callback, delay: number | undefined, args: unknown[]): Timer {
    checkCallback(callback);
    let fired = false;
    const timer = setTimeout(() => {
      fired = true;
      this.#running.delete(timer);
      this.#call(callback, timer, args);
    }, delay);
    // A timer that has fired waits again after `refresh()`.
    const refresh = timer.refresh.bind(timer);
    timer.refresh = () => {
      refresh();
      if (fired) this.#track(timer);
      return timer;
    };
    return this.#track(timer);
  }

  #interval(callback: Callback, delay: number | undefined, args: unknown[]): Timer {
    checkCallback(callback);
    const timer = setInterval(() => this.#call(callback, timer, args), delay);
    return this.#track(timer);
  }

  #immediate(callback: Callback, args: unknown[]): Timer {
    checkCallback(callback);
    const timer = setImmediate(() => {
      this.#running.delete(timer);
      this.#call(callback, timer, args);
    });
    return this.#track(timer);
  }

  #call(callback: Callback, timer: Timer, args: unknown[]): void {
    this.#calls.enter(this.#module.mark, () => callback.apply(timer, args), undefined);
  }

  #track<T extends Timer>(timer: T): T {
    if (this.#running.size >= timersLimit) {
      this.#stop(timer);
      throw new HearthError('TIMERS_EXCEEDED', { name: this.#module.name, limit: timersLimit });
    }
    const call = this.#calls.current;
    this.#running.set(timer, call);
    if (this.#disposed) this.#retire(timer, call);
    return timer;
  }

  #retire(timer: Timer, call: CurrentCall | undefined): void {
    if (!call || call.ended) {
      this.#stop(timer);
    } else if (!this.#awaited.has(call)) {
      // Once for all of its timers: a long call may start any number of them.
      this.#awaited.add(call);
      call.onEnd(() => {
        for (const [waiting, owner] of this.#running) if (owner === call) this.#stop(waiting);
      });
    }
  }

  #stop(timer: Timer): void {
    this.#running.delete(timer);
    // Each native function mishandles the other's timers.
    if ('refresh' in timer) clearTimeout(timer);
    else clearImmediate(timer);
  }
}

// The callback that Node gets is ours, so its own check would never fire.
function checkCallback(callback: unknown): void {
  if (typeof callback !== 'function') throw new TypeError(`The "callback" argument must be of type function. Received ${typeof callback}`);
}
