import { type CurrentCall, EndedCall } from '../../kernel/calls/current-call.ts';
import type { EventQueue } from './event-queue.ts';

/** Calls listeners of a socket that functions may have added; what they throw is logged and goes no further. */
export function callListeners(events: EventQueue, emit: () => boolean): boolean {
  const { calls, functions } = events.trigger;
  const call = currentCall(events);
  try {
    return calls.within(call, () => calls.enter(functions.get(call.function)?.mark ?? 0, emit, undefined), undefined);
  } catch (thrown) {
    calls.failures.report(thrown, call);
    return true;
  }
}

/** Reports what a callback of a function threw. */
export function reportCallback(events: EventQueue, thrown: unknown): void {
  events.trigger.calls.failures.report(thrown, currentCall(events));
}

function currentCall(events: EventQueue): CurrentCall {
  const { calls, functions, dialect } = events.trigger;
  if (calls.current) return calls.current;
  const { id } = events.identity;
  const revision = functions.get(dialect.function)?.revision ?? 0;
  return new EndedCall({ name: dialect.function, revision }, { requestId: `${id}-0`, connectionId: id }, events.lifetime);
}
