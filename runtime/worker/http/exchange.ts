import { STATUS_CODES } from 'node:http';
import { messageOf } from '../../kernel/errors.ts';
import { intercept, refused } from '../../kernel/interceptor.ts';
import { Invocation } from '../../kernel/invocation.ts';
import { isThenable } from '../../kernel/invoke.ts';
import type { FunctionModule, Handler } from '../../kernel/module.ts';
import { reserved } from '../../kernel/name.ts';
import type { FunctionView } from '../../kernel/registry.ts';
import type { App } from '../app.ts';
import { onceClosed } from './closed.ts';
import { type ContextOrigin, createContext } from './context.ts';
import { reply, replyFailure } from './reply.ts';
import type { HttpResponse } from './response.ts';

/** One invocation of a function by a request whose body has been read, and its reply. */
export class Exchange {
  readonly #app: App;
  readonly #functions: FunctionView;
  readonly #module: FunctionModule;
  readonly #origin: ContextOrigin;
  readonly #invocation: Invocation;

  constructor(app: App, functions: FunctionView, module: FunctionModule, origin: ContextOrigin) {
    this.#app = app;
    this.#functions = functions;
    this.#module = module;
    this.#origin = origin;
    this.#invocation = new Invocation({ function: module.name, revision: module.revision, requestId: origin.requestId });
  }

  /** Calls the function. What it returns at once is answered at once, without a turn of the microtask queue. */
  begin(): void {
    this.#app.scope.run(this.#invocation, run, this);
  }

  /** Calls the function within its invocation's scope. */
  run(): void {
    let value: unknown;
    try {
      value = this.#call();
      if (isThenable(value)) {
        Promise.resolve(value).then(
          (settled) => this.#settle(settled),
          (thrown: unknown) => this.#fail(thrown),
        );
        return;
      }
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#settle(value);
  }

  #call(): unknown {
    const functions = this.#functions;
    const module = this.#module;
    const context = createContext(this.#app, this.#origin);
    const interceptor = module.name === reserved.interceptor ? undefined : functions.get(reserved.interceptor);
    if (!interceptor) return functions.handler(module)(context);
    // Who is refused must not get a function's code evaluated.
    const handler: Handler = (given) => functions.handler(module)(given);
    return intercept(functions.handler(interceptor), handler, context);
  }

  #settle(value: unknown): void {
    const { response, requestId } = this.#origin;
    try {
      if (value === refused) replyFailure(response, 403, { error: 'Forbidden', requestId });
      else reply(response, value);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#end();
  }

  #fail(thrown: unknown): void {
    const { response, requestId } = this.#origin;
    this.#app.counters.requestErrors++;
    this.#app.failed(thrown, this.#invocation);
    replyThrown(response, requestId);
    this.#end();
  }

  #end(): void {
    const { response } = this.#origin;
    if (response.writableEnded) this.#invocation.end();
    else onceClosed(response, () => this.#invocation.end());
  }
}

/** Makes the listener that answers what fails in a response while it is being written, such as a file that is not there. */
export function createErrorListener(app: App): (this: HttpResponse, error: unknown) => void {
  return function answer(error) {
    const requestId = String(this.getHeader('request-id'));
    const status = clientStatus(error);
    if (status !== undefined && !this.headersSent) {
      replyFailure(this, status, { error: STATUS_CODES[status] ?? 'Refused', requestId });
      return;
    }
    const invocation = app.scope.getStore();
    app.counters.requestErrors++;
    if (invocation) app.failed(error, invocation);
    else app.log('error', `A response failed: ${messageOf(error)}`, { requestId });
    replyThrown(this, requestId);
  };
}

/** Laf's answer to a throw, which says nothing about its cause. */
function replyThrown(response: HttpResponse, requestId: string): void {
  try {
    replyFailure(response, 500, { error: 'Internal Server Error', requestId });
  } catch {
    // The function has left the response in a state that nothing can be written to.
    response.destroy();
  }
}

/** The status of an error that Express's members blame on the request. */
function clientStatus(error: unknown): number | undefined {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function run(exchange: Exchange): void {
  exchange.run();
}
