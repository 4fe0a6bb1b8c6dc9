import { AsyncLocalStorage } from 'node:async_hooks';
import type { FunctionModule, Handler } from '../functions/module.ts';
import { onceLoaded } from '../functions/pending-import.ts';
import type { FunctionView } from '../functions/function-view.ts';
import type { Attribution } from './attribution.ts';
import type { CurrentCall } from './current-call.ts';
import { Failures, type LogThrown } from './failures.ts';
import { InFlight } from './in-flight.ts';
import { FunctionLifetimes } from './lifetime.ts';
import { type Log, Warnings } from './warnings.ts';

export interface CallCounters {
  /** Calls over HTTP that are pending, and that wait for their turn. */
  requestsActive: number;
  requestsQueued: number;
  /** Calls refused because too many were pending. */
  refused: number;
  timeouts: number;
}

export interface CallsOptions {
  readonly attribution: Attribution;
  readonly counters: CallCounters;
  readonly log: Log;
  readonly logThrown: LogThrown;
  /** Where the current call is kept; absent: of its own. Each one in use costs every promise of the process some time. */
  readonly scope?: AsyncLocalStorage<CurrentCall>;
}

/**
 * What all calls of an app share, and the one way into user code: {@link Calls.within} says which call it
 * belongs to, for everything asynchronous that it starts; {@link Calls.enter} says whose code it is while it
 * runs without a pause.
 */
export class Calls {
  readonly attribution: Attribution;
  readonly counters: CallCounters;
  readonly failures: Failures;
  readonly warnings: Warnings;
  readonly log: Log;
  readonly lifetimes = new FunctionLifetimes();
  readonly inFlight = new InFlight();
  readonly scope: AsyncLocalStorage<CurrentCall>;

  constructor({ attribution, counters, log, logThrown, scope = new AsyncLocalStorage() }: CallsOptions) {
    this.scope = scope;
    this.attribution = attribution;
    this.counters = counters;
    this.log = log;
    this.warnings = new Warnings(log);
    this.failures = new Failures(logThrown, this.warnings);
  }

  /** The call that runs now; undefined in the host's own code. */
  get current(): CurrentCall | undefined {
    return this.scope.getStore();
  }

  /** Runs `code` as a part of the call, with everything asynchronous that it starts. */
  within<A, R>(call: CurrentCall, code: (argument: A) => R, argument: A): R {
    return this.scope.run(call, code, argument);
  }

  /** Runs code of the function that has this mark; what it starts and what runs after an `await` belong to the call. */
  enter<A, R>(mark: number, code: (argument: A) => R, argument: A): R {
    const { attribution } = this;
    const outer = attribution.enter(mark);
    try {
      return code(argument);
    } finally {
      attribution.leave(outer);
    }
  }

  /** Calls a function's handler, evaluating its code first if need be; throws what either throws. Waits for packages that the code still lacks. */
  invoke(functions: FunctionView, module: FunctionModule, context: unknown): unknown {
    let handler: Handler;
    try {
      handler = functions.handler(module);
    } catch (error) {
      return onceLoaded(error, () => this.invoke(functions, module, context));
    }
    // Only evaluated code has a mark.
    return this.enter(module.mark, handler, context);
  }

  /** Runs Node's own code on behalf of the current call, which after an `await` nothing else says. */
  enterCurrent<A, R>(code: (argument: A) => R, argument: A): R {
    const { current, attribution } = this;
    const mark = current && attribution.markOf(current.function, current.revision);
    return this.enter(mark ?? attribution.current, code, argument);
  }
}
