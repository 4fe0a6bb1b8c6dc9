import type { FunctionContext } from '../../../../sdk/context.ts';
import type { Handler } from '../../../kernel/functions/module.ts';

export const refused: unique symbol = Symbol('refused by the interceptor');

/**
 * Runs a handler behind an interceptor, as Laf does: one with two parameters gets `next`, which
 * returns what the function returns, and its own return value is the response; one with a single parameter
 * only decides: `false` refuses (returns {@link refused}), anything else lets the function run.
 */
export function intercept(interceptor: Handler, handler: Handler, context: FunctionContext): unknown {
  if (interceptor.length >= 2) {
    const next = async (given: unknown = context): Promise<unknown> => handler(given);
    return interceptor(context, next);
  }
  return decide(interceptor, handler, context);
}

async function decide(interceptor: Handler, handler: Handler, context: FunctionContext): Promise<unknown> {
  const decision = await interceptor(context);
  return decision === false ? refused : handler(context);
}
