import type { Calls } from '../../kernel/calls/calls.ts';
import type { Evaluated } from '../../kernel/calls/current-call.ts';
import { Evaluation } from '../../kernel/calls/evaluation.ts';
import { Lifetime } from '../../kernel/calls/lifetime.ts';
import { isThenable } from '../../kernel/calls/thenable.ts';

/** Milliseconds that calls in flight may take before what they may still use is disposed of. */
const patience = 30_000;

export interface DisposalsOptions {
  readonly calls: Pick<Calls, 'inFlight' | 'within'>;
  /** Takes what a `dispose()` threw or rejected with. MUST NOT throw. */
  readonly failed: (thrown: unknown, evaluation: Evaluation) => void;
}

/** One module's end: what it exports for that. */
export interface Disposal {
  readonly module: Evaluated;
  /** Calls what the module exports, if it exports something; throws what that throws. */
  dispose(): unknown;
}

/**
 * Runs what functions export as `dispose()`, each once: when the calls that ran at the end of its revision have
 * ended, or after half a minute, and at once when the worker stops.
 */
export class Disposals {
  readonly #options: DisposalsOptions;
  /** By disposal, what runs it now. */
  readonly #waiting = new Map<Disposal, () => void>();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: DisposalsOptions) {
    this.#options = options;
  }

  add(disposal: Disposal): void {
    const run = (): void => {
      clearTimeout(late);
      if (this.#waiting.delete(disposal)) this.#run(disposal);
    };
    const late = setTimeout(run, patience).unref();
    this.#waiting.set(disposal, run);
    this.#options.calls.inFlight.whenEnded(run);
  }

  /** Runs all that wait; resolves when what is under way is done, at the latest after `timeout` milliseconds. */
  async settled(timeout: number): Promise<void> {
    for (const run of this.#waiting.values()) run();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    await Promise.race([Promise.allSettled(this.#running), late]);
    clearTimeout(timer);
  }

  #run(disposal: Disposal): void {
    const { calls, failed } = this.#options;
    // The module's own lifetime is over, and ending things may take some waiting.
    const evaluation = new Evaluation(disposal.module, undefined, new Lifetime());
    const fail = (thrown: unknown): void => failed(thrown, evaluation);
    try {
      const result = calls.within(evaluation, () => disposal.dispose(), undefined);
      if (!isThenable(result)) return;
      const pending: Promise<unknown> = Promise.resolve(result)
        .catch(fail)
        .finally(() => {
          this.#running.delete(pending);
          evaluation.lifetime.end();
        });
      this.#running.add(pending);
    } catch (thrown) {
      fail(thrown);
    }
  }
}
