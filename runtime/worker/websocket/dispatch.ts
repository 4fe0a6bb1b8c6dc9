import { isThenable } from '../../kernel/invoke.ts';
import type { FunctionModule } from '../../kernel/module.ts';
import type { App } from '../app.ts';
import { EventContext } from './context.ts';
import type { FailureLog } from './failures.ts';

/** What a dispatch needs of the server. */
export interface EventHost {
  readonly app: App;
  readonly failures: FailureLog;
}

/** Whoever waits for an event to be handled. */
export interface EventWaiter {
  /** The handler of an event whose `dispatch()` answered false has settled, be it long after its time was over. */
  settled(event: EventContext): void;
}

/**
 * Hands an event to `__websocket__`. Answers true when the event is handled, false when its handler is
 * pending. Never throws: what the handler throws is logged.
 */
export function dispatch(host: EventHost, module: FunctionModule, event: EventContext, waiter: EventWaiter): boolean {
  let pending: Promise<unknown> | undefined;
  try {
    pending = host.app.scope.run(EventContext.invocationOf(event), callHandler, host.app, module, event);
  } catch (thrown) {
    host.failures.report(thrown, EventContext.invocationOf(event));
  }
  if (pending === undefined) {
    EventContext.end(event);
    return true;
  }
  void settle(host.failures, event, pending, waiter);
  return false;
}

async function settle(failures: FailureLog, event: EventContext, pending: Promise<unknown>, waiter: EventWaiter): Promise<void> {
  try {
    await pending;
  } catch (thrown) {
    failures.report(thrown, EventContext.invocationOf(event));
  }
  EventContext.end(event);
  waiter.settled(event);
}

function callHandler(app: App, module: FunctionModule, context: EventContext): Promise<unknown> | undefined {
  // Evaluates the code if need be, and only then is there a mark.
  const handler = app.functions.handler(module);
  const outer = app.pulse.enter(module.mark);
  try {
    return toPending(handler(context));
  } finally {
    app.pulse.leave(outer);
  }
}

/** The promise in what a function answered, also of a foreign kind; undefined when it answered a plain value. */
export function toPending(answer: unknown): Promise<unknown> | undefined {
  if (answer instanceof Promise) return answer;
  return isThenable(answer) ? Promise.resolve(answer) : undefined;
}
