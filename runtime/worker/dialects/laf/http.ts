import type { FunctionModule, Handler } from '../../../kernel/functions/module.ts';
import { onceLoaded } from '../../../kernel/functions/pending-import.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';
import type { HttpCall, HttpDialect, RequestOrigin } from '../../triggers/http/http-call.ts';
import { replyText } from '../../triggers/http/reply.ts';
import { addCors, answerPreflight } from './cors.ts';
import { HttpContext } from './http-context.ts';
import { intercept } from './interceptor.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import { reply } from './result.ts';
import { bearerToken } from './token.ts';

/** Laf's functions over HTTP. `verifyToken` returns the payload of a valid token, else null. */
export function createLafHttp(verifyToken: (token: string) => unknown): HttpDialect {
  return {
    addHeaders: addCors,
    answersItself: (request, response) => {
      if (request.method !== 'OPTIONS') return false;
      answerPreflight(request, response);
      return true;
    },
    lookUp,
    invoke: (call) => {
      const token = bearerToken(call.origin.request.headers.authorization);
      return enter(call, new HttpContext(call, token === undefined ? null : verifyToken(token)));
    },
    reply,
  };
}

function lookUp(functions: FunctionView, { name, request, response }: RequestOrigin): FunctionModule | undefined {
  const module = functions.get(name) ?? functions.get(reserved.fallback);
  if (!module) {
    replyText(response, 404, 'Function Not Found');
    return undefined;
  }
  if (module.allows(request.method)) return module;
  response.setHeader('Allow', module.built.methods ?? []);
  replyText(response, 405, 'Method Not Allowed');
  return undefined;
}

function enter(call: HttpCall, context: HttpContext): unknown {
  const { calls, functions, module } = call;
  const interceptor = module.name === reserved.interceptor ? undefined : functions.get(reserved.interceptor);
  if (!interceptor) return calls.invoke(functions, module, context);
  let handler: Handler;
  try {
    handler = functions.handler(interceptor);
  } catch (error) {
    return onceLoaded(error, () => enter(call, context));
  }
  // A refused caller must not trigger evaluation of the function.
  const next = (given: unknown): unknown => calls.invoke(functions, module, given);
  return calls.enter(interceptor.mark, () => intercept(handler, next, context), undefined);
}
