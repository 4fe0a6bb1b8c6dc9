import type { FunctionModule } from '../../../kernel/functions/module.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';

/**
 * Makes what says whether a function reads the bodies of its requests itself: it exports `body` as 'stream'. Code that
 * does not hold that word need not be evaluated to know.
 */
export function createStreamCheck(functions: FunctionView): (module: FunctionModule) => boolean {
  const known = new WeakMap<BuiltFunction, boolean>();
  const check = (module: FunctionModule): boolean => {
    try {
      return Reflect.get(Object(functions.exports(module)), 'body') === 'stream';
    } catch {
      // The call throws it once more, and reports it.
      return false;
    }
  };
  return (module) => {
    const answer = known.get(module.built);
    if (answer !== undefined) return answer;
    const streams = module.built.code.includes('stream') && check(module);
    if (streams || module.loaded || !module.built.code.includes('stream')) known.set(module.built, streams);
    return streams;
  };
}
