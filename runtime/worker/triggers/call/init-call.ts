import type { CallBounds } from '../../../kernel/calls/bounds.ts';
import { Call } from '../../../kernel/calls/call.ts';
import type { Calls } from '../../../kernel/calls/calls.ts';
import { Deadlines } from '../../../kernel/calls/deadlines.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionModule } from '../../../kernel/functions/module.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import type { FunctionView } from '../../../kernel/functions/registry.ts';

/**
 * Runs `__init__`, if there is one, before any other function is evaluated. Resolves when it is done, and after
 * `timeout` milliseconds while it runs on. What it throws is logged; the host serves all the same.
 */
export async function initialize(calls: Calls, functions: FunctionView, timeout: number): Promise<void> {
  const module = functions.get(reserved.init);
  if (!module) return;
  const bounds = { calls, deadlines: new Deadlines(timeout) };
  await new Promise<void>((resolve) => {
    new InitCall(bounds, module, functions, resolve).begin();
  });
}

class InitCall extends Call {
  readonly #functions: FunctionView;
  readonly #done: () => void;

  constructor(bounds: CallBounds, module: FunctionModule, functions: FunctionView, done: () => void) {
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

  protected override settled(): void {
    this.end();
    this.#done();
  }

  protected override failed(): void {
    this.settled();
  }

  protected override expired(): void {
    this.#done();
  }
}
