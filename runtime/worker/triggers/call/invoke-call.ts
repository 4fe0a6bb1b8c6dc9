import { Call } from '../../../kernel/calls/call.ts';
import type { Calls } from '../../../kernel/calls/calls.ts';
import type { CurrentCall } from '../../../kernel/calls/current-call.ts';
import type { Failure } from '../../../kernel/calls/failures.ts';
import type { Lifetime } from '../../../kernel/calls/lifetime.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionModule } from '../../../kernel/functions/module.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';

/**
 * Makes what calls functions by name for `cloud.invoke()`: past the interceptor, with the very context that is given.
 * The promise rejects with what the function throws, and with `FUNCTION_MISSING`.
 */
export function createInvoke(calls: Calls, functions: FunctionView): (name: string, context: object) => Promise<unknown> {
  return (name, context) =>
    new Promise((resolve, reject) => {
      const module = functions.get(name);
      if (module) new InvokeCall(calls, module, { invoke: () => calls.invoke(functions, module, context), resolve, reject }).begin();
      else reject(new HearthError('FUNCTION_MISSING', { name }));
    });
}

interface Steps {
  invoke(): unknown;
  resolve(result: unknown): void;
  reject(thrown: unknown): void;
}

/** Inside another call it has that one's ids, and what it starts lives as long as that one. */
class InvokeCall extends Call {
  readonly #steps: Steps;
  readonly #outer: CurrentCall | undefined;

  constructor(calls: Calls, module: FunctionModule, steps: Steps) {
    const outer = calls.current;
    super({ calls }, module, { requestId: outer?.requestId ?? 'invoke', connectionId: outer?.connectionId });
    this.#steps = steps;
    this.#outer = outer;
  }

  override get ended(): boolean {
    return this.#outer ? this.#outer.ended : super.ended;
  }

  override get lifetime(): Lifetime {
    return this.#outer?.lifetime ?? super.lifetime;
  }

  override onEnd(callback: () => void): void {
    if (this.#outer) this.#outer.onEnd(callback);
    else super.onEnd(callback);
  }

  protected override invoke(): unknown {
    return this.#steps.invoke();
  }

  protected override settled(result: unknown): void {
    this.#steps.resolve(result);
    this.end();
  }

  /** Not logged: it is the caller's to deal with. */
  protected override report(thrown: unknown): Failure {
    this.#steps.reject(thrown);
    return { kind: 'stopped', error: undefined };
  }

  protected override failed(): void {
    this.end();
  }

  protected override expired(): void {
    this.end();
  }
}
