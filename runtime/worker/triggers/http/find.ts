import type { FunctionModule } from '../../../kernel/functions/module.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import type { FunctionView } from '../../../kernel/functions/registry.ts';
import type { ContextOrigin } from './context.ts';
import { replyText } from './reply.ts';

/** The function to call; undefined when there is none or it does not take the method, and that was answered. */
export function find(functions: FunctionView, { name, request, response }: ContextOrigin): FunctionModule | undefined {
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
