import nodeTimers from 'node:timers';
import promises from 'node:timers/promises';
import type { Calls } from '../../kernel/calls/calls.ts';
import type { Held, Lifetime } from '../../kernel/calls/lifetime.ts';
import type { FunctionTimers } from './timers.ts';

export interface TimerModulesOptions {
  readonly calls: Pick<Calls, 'current'>;
  /** Of the module that imports them. */
  readonly lifetime: Lifetime;
  readonly timers: FunctionTimers;
}

/** `node:timers` and `node:timers/promises` for one module: what waits belongs to what has led to it, as with the global timers. */
export function createTimerModules(options: TimerModulesOptions): ReadonlyMap<string, object> {
  const own = createPromises(options);
  const timers = { ...nodeTimers, ...options.timers, promises: own };
  return new Map<string, object>([
    ['timers', timers],
    ['node:timers', timers],
    ['timers/promises', own],
    ['node:timers/promises', own],
  ]);
}

/** A wait that its owner may end: then it never settles, as a timer that is cleared never fires. */
class Wait implements Held {
  readonly finite: boolean;
  readonly options: object;
  readonly #lifetime: Lifetime;
  readonly #stop = new AbortController();
  readonly #unlink: () => void;
  #ended = false;

  constructor(lifetime: Lifetime, finite: boolean, given: unknown) {
    this.finite = finite;
    this.#lifetime = lifetime;
    this.#unlink = link(Reflect.get(Object(given), 'signal'), this.#stop);
    this.options = { ...Object(given), signal: this.#stop.signal };
    lifetime.hold(this);
  }

  end(): void {
    this.#ended = true;
    this.#stop.abort();
  }

  release(): void {
    this.#unlink();
    this.#lifetime.release(this);
  }

  /** What Node settles, unless the owner has ended it. */
  async settle<T>(pending: Promise<T>): Promise<T> {
    try {
      return await pending;
    } catch (error) {
      if (this.#ended) return await new Promise<never>(() => {});
      throw error;
    }
  }
}

function createPromises({ calls, lifetime }: TimerModulesOptions): object {
  const begin = (finite: boolean, options: unknown): Wait => new Wait(calls.current?.lifetime ?? lifetime, finite, options);
  const once = async (start: (options: object) => Promise<unknown>, given: unknown): Promise<unknown> => {
    // Node says what is wrong with options that are none.
    if (!isOptions(given)) return start(Object(given));
    const wait = begin(true, given);
    try {
      return await wait.settle(start(wait.options));
    } finally {
      wait.release();
    }
  };
  const setTimeout = (delay?: number, value?: unknown, options?: unknown): Promise<unknown> =>
    once((own) => promises.setTimeout(delay, value, own), options);
  const setImmediate = (value?: unknown, options?: unknown): Promise<unknown> => once((own) => promises.setImmediate(value, own), options);
  return {
    setTimeout,
    setImmediate,
    setInterval: (delay?: number, value?: unknown, options?: unknown): AsyncIterator<unknown> => {
      const wait = begin(false, options);
      return iterate(wait, promises.setInterval(delay, value, wait.options));
    },
    scheduler: {
      wait: (delay: number, options?: unknown) => setTimeout(delay, undefined, options),
      yield: () => setImmediate(),
    },
  };
}

function iterate(wait: Wait, ticks: AsyncIterator<unknown>): AsyncIterableIterator<unknown> {
  return {
    next: () => wait.settle(ticks.next()),
    return: async (value) => {
      wait.release();
      return (await ticks.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function isOptions(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && isSignal(Reflect.get(value, 'signal')));
}

function isSignal(value: unknown): boolean {
  return value === undefined || value instanceof AbortSignal;
}

/** Aborts `stop` with the caller's own signal; returns what ends that. */
function link(signal: unknown, stop: AbortController): () => void {
  if (!(signal instanceof AbortSignal)) return () => {};
  const abort = (): void => stop.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
