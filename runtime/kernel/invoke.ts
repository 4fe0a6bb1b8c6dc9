import { Invocation, type InvocationOrigin, type InvocationScope } from './invocation.ts';

/**
 * Runs `call` as an invocation of its own that ends when what it answers has settled. Answers and
 * throws what `call` does.
 */
export function invoke(scope: InvocationScope, origin: InvocationOrigin, call: () => unknown): unknown {
  const invocation = new Invocation(origin);
  let result: unknown;
  try {
    result = scope.run(invocation, call);
  } catch (error) {
    invocation.end();
    throw error;
  }
  if (!isThenable(result)) {
    invocation.end();
    return result;
  }
  const end = (): void => invocation.end();
  result.then(end, end);
  return result;
}

/** Whether the value settles later. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null && (typeof value === 'object' || typeof value === 'function') && 'then' in value && typeof value.then === 'function'
  );
}
