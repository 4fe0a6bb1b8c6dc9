import { HearthError } from '../../../kernel/errors.ts';
import { intercept, refused } from '../../../kernel/calls/interceptor.ts';
import { Invocation } from '../../../kernel/calls/invocation.ts';
import { isThenable } from '../../../kernel/calls/invoke.ts';
import type { FunctionModule, Handler } from '../../../kernel/functions/module.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import type { FunctionView } from '../../../kernel/functions/registry.ts';
import type { App } from '../../process/app.ts';
import type { Calls, Ticket, TicketHolder } from './calls.ts';
import { onceClosed } from './closed.ts';
import { type ContextOrigin, createContext, type SignalSource } from './context.ts';
import { replyable, replyThrown } from './failure.ts';
import type { Notices } from './notices.ts';
import type { Outbox } from './outbox.ts';
import { isEventStream, reply, replyFailure } from './reply.ts';

const closedEarly = 'The connection was closed before the response was finished.';

/** What the exchanges of one request handler share. */
export interface ExchangeHost {
  readonly app: App;
  readonly functions: FunctionView;
  readonly calls: Calls;
  readonly notices: Notices;
  readonly outbox: Outbox;
}

/** One invocation of a function by a request whose body has been read, and its reply. */
export class Exchange implements TicketHolder, SignalSource {
  readonly #host: ExchangeHost;
  readonly #module: FunctionModule;
  readonly #origin: ContextOrigin;
  readonly #invocation: Invocation;
  /** There while the function has neither settled nor begun to answer. */
  #ticket: Ticket | undefined;
  #expired = false;
  #controller: AbortController | undefined;

  /** `ticket` is that of a request which has waited for its turn. */
  constructor(host: ExchangeHost, module: FunctionModule, origin: ContextOrigin, ticket?: Ticket) {
    this.#host = host;
    this.#module = module;
    this.#origin = origin;
    this.#ticket = ticket;
    this.#invocation = new Invocation({ function: module.name, revision: module.revision, requestId: origin.requestId });
  }

  /** Calls the function. What it returns at once is answered at once, without a turn of the microtask queue. */
  begin(): void {
    this.#host.app.scope.run(this.#invocation, run, this);
  }

  /** Calls the function within its invocation's scope. */
  run(): void {
    let value: unknown;
    try {
      value = this.#call();
      if (isThenable(value)) {
        this.#await(value);
        return;
      }
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#settle(value);
  }

  /** What `ctx.signal` is; made at its first use. */
  signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    const { response } = this.#origin;
    if (this.#expired) this.#controller.abort(this.#timeout());
    else {
      onceClosed(response, () => {
        if (!response.writableFinished) this.#abort(new DOMException(closedEarly, 'AbortError'));
      });
    }
    return this.#controller.signal;
  }

  /** The response's headers are out: from now on the function takes as long as it likes. */
  begun(): void {
    this.#release();
  }

  expire(): void {
    const { app } = this.#host;
    const { response, requestId } = this.#origin;
    // It has begun to answer, or waits for events, and takes as long as it likes.
    if (response.headersSent || isEventStream(response)) return;
    this.#release();
    this.#expired = true;
    app.counters.timeouts++;
    const error = this.#timeout();
    app.log('error', error.message, { function: this.#module.name, revision: this.#module.revision, requestId });
    replyThrown(response, error, requestId);
    this.#abort(error);
    this.#end();
  }

  #call(): unknown {
    const { app, functions } = this.#host;
    const module = this.#module;
    const context = createContext(app, this.#origin, this);
    const interceptor = module.name === reserved.interceptor ? undefined : functions.get(reserved.interceptor);
    // Who is refused must not get a function's code evaluated.
    if (interceptor) return this.#enter(interceptor, (handler) => intercept(handler, (given) => this.#invoke(given), context));
    return this.#invoke(context);
  }

  #invoke(context: unknown): unknown {
    const module = this.#module;
    const { pulse } = this.#host.app;
    const handler = this.#host.functions.handler(module);
    // Only evaluated code has a mark.
    const outer = pulse.enter(module.mark);
    try {
      return handler(context);
    } finally {
      pulse.leave(outer);
    }
  }

  #enter(module: FunctionModule, call: (handler: Handler) => unknown): unknown {
    const { pulse } = this.#host.app;
    const handler = this.#host.functions.handler(module);
    const outer = pulse.enter(module.mark);
    try {
      return call(handler);
    } finally {
      pulse.leave(outer);
    }
  }

  #await(value: PromiseLike<unknown>): void {
    Promise.resolve(value).then(
      (settled) => this.#settle(settled),
      (thrown: unknown) => this.#fail(thrown),
    );
    const { response } = this.#origin;
    if (response.headersSent) {
      this.#release();
      return;
    }
    this.#hold();
  }

  /** Measures the time until the response has begun. */
  #hold(): void {
    this.#ticket = this.#host.calls.hold(this.#module.name, this, this.#ticket);
    this.#origin.response.exchange = this;
  }

  /** Turns the value into a response, for which its getters and `toJSON()` run. */
  #reply(value: unknown): void {
    const { pulse } = this.#host.app;
    const outer = pulse.enter(this.#module.mark);
    try {
      reply(this.#origin.response, value, this.#host.outbox);
    } finally {
      pulse.leave(outer);
    }
  }

  #settle(value: unknown): void {
    this.#release();
    if (this.#expired) return;
    const { response, requestId } = this.#origin;
    try {
      if (value === refused) replyFailure(response, 403, { error: 'Forbidden', requestId });
      else this.#reply(value);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#end();
  }

  #fail(thrown: unknown): void {
    this.#release();
    const { response, requestId } = this.#origin;
    const error = replyable(thrown);
    this.#report(thrown, error);
    if (this.#expired) return;
    replyThrown(response, error, requestId);
    this.#end();
  }

  #report(thrown: unknown, error: HearthError | undefined): void {
    const signal = this.#controller?.signal;
    // Whoever was told to stop and did has not failed.
    if (signal?.aborted === true && thrown === signal.reason) return;
    const { app, notices } = this.#host;
    if (error?.code === 'FUNCTION_QUARANTINED') {
      const { name, revision } = this.#module;
      notices.warn(name, error.message, { function: name, revision, requestId: this.#origin.requestId });
      return;
    }
    if (!this.#expired) app.counters.requestErrors++;
    app.failed(thrown, this.#invocation);
  }

  #release(): void {
    const ticket = this.#ticket;
    if (ticket === undefined) return;
    this.#ticket = undefined;
    this.#origin.response.exchange = undefined;
    this.#host.calls.release(ticket);
  }

  /** Tells the function that nobody waits for it; its listeners are code of its own. */
  #abort(reason: unknown): void {
    const controller = this.#controller;
    if (!controller || controller.signal.aborted) return;
    const { pulse, scope } = this.#host.app;
    const outer = pulse.enter(this.#module.mark);
    try {
      scope.run(this.#invocation, () => controller.abort(reason));
    } finally {
      pulse.leave(outer);
    }
  }

  #timeout(): HearthError {
    return new HearthError('FUNCTION_TIMEOUT', { limit: this.#host.app.settings.limits.functionTimeout });
  }

  #end(): void {
    const { response } = this.#origin;
    if (response.isOver) {
      this.#invocation.end();
      return;
    }
    if (!response.headersSent && !this.#expired) this.#hold();
    onceClosed(response, () => {
      this.#release();
      this.#invocation.end();
    });
  }
}

function run(exchange: Exchange): void {
  exchange.run();
}
