import { promisify } from 'node:util';
import { isImmediate } from '../../internals/node-process.ts';
import { HearthError } from '../../kernel/errors.ts';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { Held, Lifetime } from '../../kernel/calls/lifetime.ts';
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

/** A timer that waits. */
class OwnedTimer implements Held {
  readonly finite: boolean;
  readonly timer: Timer;
  readonly #lifetime: Lifetime;
  readonly #ended: (owned: OwnedTimer) => void;

  constructor(timer: Timer, finite: boolean, lifetime: Lifetime, ended: (owned: OwnedTimer) => void) {
    this.timer = timer;
    this.finite = finite;
    this.#lifetime = lifetime;
    this.#ended = ended;
  }

  /** It waits no longer. */
  forget(): void {
    this.#lifetime.release(this);
    this.#ended(this);
  }

  end(): void {
    this.#ended(this);
    // Each native function mishandles the other's timers.
    if ('refresh' in this.timer) clearTimeout(this.timer);
    else clearImmediate(this.timer);
  }
}

/** Which timers of functions wait: any module may clear those of another. */
export type WaitingTimers = WeakMap<Timer, OwnedTimer>;

export interface TimerSetOptions {
  readonly calls: Calls;
  readonly module: FunctionModule;
  /** Of the module: timers that no call has started end with it. */
  readonly lifetime: Lifetime;
  readonly waiting: WaitingTimers;
}

/**
 * The timers that one module's code starts. They belong to what has led to them: a call, or the module's top level.
 */
export class TimerSet {
  readonly #options: TimerSetOptions;
  #size = 0;
  #whenEmpty: (() => void) | undefined;
  readonly #ended = (owned: OwnedTimer): void => this.#leave(owned);

  constructor(options: TimerSetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  functions(): FunctionTimers {
    const timers: FunctionTimers = {
      setTimeout: (callback, delay, ...args) => this.#timeout(callback, delay, args),
      setInterval: (callback, delay, ...args) => this.#interval(callback, delay, args),
      setImmediate: (callback, ...args) => this.#immediate(callback, args),
      clearTimeout: (timer) => {
        this.#forget(timer);
        clearTimeout(timer);
      },
      clearInterval: (timer) => {
        this.#forget(timer);
        clearInterval(timer);
      },
      clearImmediate: (timer) => {
        if (!isImmediate(timer)) return;
        this.#forget(timer);
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

  /** Calls back once none waits; at once if none does. */
  whenEmpty(callback: () => void): void {
    if (this.#size === 0) callback();
    else this.#whenEmpty = callback;
  }

  #timeout(callback: Callback, delay: number | undefined, args: unknown[]): Timer {
    checkCallback(callback);
    let fired = false;
    const timer = setTimeout(() => {
      fired = true;
      this.#forget(timer);
      this.#call(callback, timer, args);
    }, delay);
    // A timer that has fired waits again after `refresh()`.
    const refresh = timer.refresh.bind(timer);
    timer.refresh = () => {
      refresh();
      if (fired) this.#track(timer, true);
      return timer;
    };
    return this.#track(timer, true);
  }

  #interval(callback: Callback, delay: number | undefined, args: unknown[]): Timer {
    checkCallback(callback);
    const timer = setInterval(() => this.#call(callback, timer, args), delay);
    return this.#track(timer, false);
  }

  #immediate(callback: Callback, args: unknown[]): Timer {
    checkCallback(callback);
    const timer = setImmediate(() => {
      this.#forget(timer);
      this.#call(callback, timer, args);
    });
    return this.#track(timer, true);
  }

  #call(callback: Callback, timer: Timer, args: unknown[]): void {
    this.#options.calls.enter(this.#options.module.mark, () => callback.apply(timer, args), undefined);
  }

  #track<T extends Timer>(timer: T, finite: boolean): T {
    const { calls, module, waiting } = this.#options;
    const lifetime = calls.current?.lifetime ?? this.#options.lifetime;
    const owned = new OwnedTimer(timer, finite, lifetime, this.#ended);
    this.#size += 1;
    waiting.set(timer, owned);
    if (this.#size > timersLimit) {
      owned.end();
      throw new HearthError('TIMERS_EXCEEDED', { name: module.name, limit: timersLimit });
    }
    lifetime.hold(owned);
    return timer;
  }

  #forget(timer: unknown): void {
    if (isTimer(timer)) this.#options.waiting.get(timer)?.forget();
  }

  #leave(owned: OwnedTimer): void {
    if (!this.#options.waiting.delete(owned.timer)) return;
    this.#size -= 1;
    if (this.#size > 0) return;
    const callback = this.#whenEmpty;
    this.#whenEmpty = undefined;
    callback?.();
  }
}

function isTimer(value: unknown): value is Timer {
  return typeof value === 'object' && value !== null;
}

// The callback that Node gets is ours, so its own check would never fire.
function checkCallback(callback: unknown): void {
  if (typeof callback !== 'function') throw new TypeError(`The "callback" argument must be of type function. Received ${typeof callback}`);
}
