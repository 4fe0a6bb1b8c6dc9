import type { CallBounds } from '../../../kernel/calls/bounds.ts';
import { Call } from '../../../kernel/calls/call.ts';
import type { Calls } from '../../../kernel/calls/calls.ts';
import { Deadlines } from '../../../kernel/calls/deadlines.ts';
import type { Failure } from '../../../kernel/calls/failures.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionModule } from '../../../kernel/functions/module.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';
import type { SourcePositions } from '../../functions/source-positions.ts';

/**
 * Runs `__init__`, if there is one, before any other function is evaluated. Resolves when it is done, and after
 * `timeout` milliseconds while it runs on. What it throws is logged; the host serves all the same.
 */
export async function initialize(calls: Calls, functions: FunctionView, timeout: number): Promise<void> {
  // What an earlier run has started would be there twice.
  calls.lifetimes.end(reserved.init);
  const module = functions.get(reserved.init);
  if (module) await outcomeOf({ calls, functions, timeout }, module);
}

export interface InitOptions {
  readonly calls: Calls;
  readonly functions: FunctionView;
  readonly positions: SourcePositions;
  /** Milliseconds after which the caller no longer waits. */
  readonly timeout: number;
}

/** Runs `__init__` again. Rejects with `FUNCTION_NOT_FOUND`, with `INIT_FAILED` and the place, and with `INIT_TIMEOUT` while it runs on. */
export async function runInit(options: InitOptions): Promise<{ readonly tookMs: number }> {
  const started = performance.now();
  const module = options.functions.get(reserved.init);
  if (!module) throw new HearthError('FUNCTION_NOT_FOUND', { name: reserved.init });
  const outcome = await outcomeOf(options, module);
  if (outcome.kind === 'expired') throw outcome.error;
  if (outcome.kind === 'failed') {
    const { thrown } = outcome;
    if (thrown instanceof HearthError && thrown.status > 0) throw thrown;
    const diagnostic = options.positions.diagnose({ module, thrown, failedImport: undefined });
    throw new HearthError('INIT_FAILED', { reason: diagnostic.message }, { cause: thrown, diagnostics: [diagnostic] });
  }
  return { tookMs: Math.round((performance.now() - started) * 100) / 100 };
}

type InitOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly thrown: unknown }
  | { readonly kind: 'expired'; readonly error: HearthError };

function outcomeOf({ calls, functions, timeout }: Omit<InitOptions, 'positions'>, module: FunctionModule): Promise<InitOutcome> {
  const bounds = { calls, deadlines: new Deadlines(timeout) };
  return new Promise((resolve) => {
    new InitCall(bounds, module, functions, resolve).begin();
  });
}

class InitCall extends Call {
  readonly #functions: FunctionView;
  readonly #done: (outcome: InitOutcome) => void;
  #thrown: unknown;

  constructor(bounds: CallBounds, module: FunctionModule, functions: FunctionView, done: (outcome: InitOutcome) => void) {
    super(bounds, module, { requestId: 'init' });
    this.#functions = functions;
    this.#done = done;
  }

  protected override invoke(): unknown {
    const context = { method: 'INIT', __function_name: this.function, requestId: this.requestId };
    return this.calls.invoke(this.#functions, this.module, context);
  }

  protected override timeout(): HearthError {
    return new HearthError('INIT_TIMEOUT', { limit: this.bounds.deadlines?.timeout ?? 0 });
  }

  protected override report(thrown: unknown): Failure {
    this.#thrown = thrown;
    return super.report(thrown);
  }

  protected override settled(): void {
    this.end();
    this.#done({ kind: 'done' });
  }

  protected override failed(): void {
    this.end();
    this.#done({ kind: 'failed', thrown: this.#thrown });
  }

  protected override expired(error: HearthError): void {
    this.#done({ kind: 'expired', error });
  }
}
