import { isThenable } from '../../kernel/calls/invoke.ts';
import type { FunctionModule } from '../../kernel/functions/module.ts';
import type { App } from '../process/app.ts';
import { EventContext, type EventInvocation } from './context.ts';
import type { FailureLog } from './failures.ts';

/** What a dispatch needs of the server. */
export interface EventHost {
  readonly app: App;
  readonly failures: FailureLog;
}

/** Whoever waits for an event to be handled. */
export interface EventWaiter {
  /** The handler of an event whose `dispatch()` answered false has settled, be it long after its time was over. */
  settled(event: EventInvocation): void;
}

/** An event that is to be handed over. */
export interface Delivery {
  readonly module: FunctionModule;
  readonly event: EventInvocation;
  readonly params: unknown;
}

/**
 * Hands an event to `__websocket__`. Answers true when the event is handled, false when its handler is
 * pending. Never throws: what the handler throws is logged.
 */
export function dispatch(host: EventHost, delivery: Delivery, waiter: EventWaiter): boolean {
  const { event } = delivery;
  let pending: Promise<unknown> | undefined;
  try {
    pending = host.app.scope.run(event, callHandler, host.app, delivery);
  } catch (thrown) {
    host.failures.report(thrown, event);
  }
  if (pending === undefined) {
    event.end();
    return true;
  }
  settle(host.failures, event, pending, waiter);
  return false;
}

/** Without `await`, which takes two promises more for each event; while a scope is in use a promise is dear on Node 20. */
function settle(failures: FailureLog, event: EventInvocation, pending: Promise<unknown>, waiter: EventWaiter): void {
  const end = (): void => {
    event.end();
    waiter.settled(event);
  };
  const fail = (thrown: unknown): void => {
    failures.report(thrown, event);
    end();
  };
  try {
    pending.then(end, fail);
  } catch (thrown) {
    fail(thrown);
  }
}

function callHandler(app: App, { module, event, params }: Delivery): Promise<unknown> | undefined {
  // Evaluates the code if need be, and only then is there a mark.
  const handler = app.functions.handler(module);
  const outer = app.pulse.enter(module.mark);
  try {
    return toPending(handler(new EventContext(event, params)));
  } finally {
    app.pulse.leave(outer);
  }
}

/** The promise in what a function answered, also of a foreign kind; undefined when it answered a plain value. */
export function toPending(answer: unknown): Promise<unknown> | undefined {
  if (answer instanceof Promise) return answer;
  return isThenable(answer) ? Promise.resolve(answer) : undefined;
}
