import { Invocation } from '../../kernel/invocation.ts';
import { isThenable } from '../../kernel/invoke.ts';
import type { FunctionModule } from '../../kernel/module.ts';
import { reserved } from '../../kernel/name.ts';
import type { App } from '../app.ts';
import type { SocketContext } from './context.ts';

/** Whoever waits for an event to be handled. */
export interface EventWaiter {
  /** Called once for each event whose `dispatch()` answered false, when its handler has settled. */
  settled(): void;
}

/**
 * Hands an event to `__websocket__` as it is live at this moment; drops the event when there is none.
 * Answers true when the event is handled, false when its handler is pending. Never throws: what the
 * handler throws is logged.
 */
export function dispatch(app: App, context: SocketContext, waiter: EventWaiter): boolean {
  const module = app.functions.get(reserved.websocket);
  if (!module) return true;
  const invocation = new Invocation({
    function: reserved.websocket,
    revision: module.revision,
    requestId: context.requestId,
    connectionId: context.connectionId,
  });
  let pending: Promise<unknown> | undefined;
  try {
    pending = app.scope.run(invocation, callHandler, app, module, context);
  } catch (thrown) {
    app.failed(thrown, invocation);
  }
  if (pending === undefined) {
    invocation.end();
    return true;
  }
  void settle(app, invocation, pending, waiter);
  return false;
}

async function settle(app: App, invocation: Invocation, pending: Promise<unknown>, waiter: EventWaiter): Promise<void> {
  try {
    await pending;
  } catch (thrown) {
    app.failed(thrown, invocation);
  }
  invocation.end();
  waiter.settled();
}

function callHandler(app: App, module: FunctionModule, context: SocketContext): Promise<unknown> | undefined {
  return toPending(app.functions.handler(module)(context));
}

/** The promise in what a function answered, also of a foreign kind; undefined when it answered a plain value. */
export function toPending(answer: unknown): Promise<unknown> | undefined {
  if (answer instanceof Promise) return answer;
  return isThenable(answer) ? Promise.resolve(answer) : undefined;
}
