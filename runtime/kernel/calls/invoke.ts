import { Invocation, type InvocationOrigin, type InvocationScope } from './invocation.ts';

/**
 * Runs `call` as an invocation of its own that ends when what it answers has settled. Answers and
 * throws what `call` does, a thenable as a promise.
 */
export function invoke(scope: InvocationScope, origin: InvocationOrigin, call: () => unknown): unknown {
  const invocation = new Invocation(origin);
  const end = (): void => invocation.end();
  try {
    const result = scope.run(invocation, settling, call);
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  } catch (error) {
    end();
    throw error;
  }
}

/** Some thenables, such as queries, do their work each time they are asked: this asks once, for all who wait. */
function settling(call: () => unknown): unknown {
  const result = call();
  return isThenable(result) ? Promise.resolve(result) : result;
}

/** Whether the value settles later. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null && (typeof value === 'object' || typeof value === 'function') && 'then' in value && typeof value.then === 'function'
  );
}
