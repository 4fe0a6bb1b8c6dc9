import type { CallBounds } from '../../../kernel/calls/bounds.ts';
import { Call } from '../../../kernel/calls/call.ts';
import type { Failure } from '../../../kernel/calls/failures.ts';
import type { HearthError } from '../../../kernel/errors.ts';
import type { FunctionModule } from '../../../kernel/functions/module.ts';
import type { FunctionView } from '../../../kernel/functions/function-view.ts';
import { isEventStream, replyThrown } from './reply.ts';
import type { HttpRequest } from './request.ts';
import type { ResponseBatch } from './response-batch.ts';
import { type HttpResponse, isOver, onceClosed } from './response.ts';

const closedEarly = 'The connection was closed before the response was finished.';

/** A request on its way to a function. */
export interface RequestOrigin {
  /** The requested path, which need not be the name of the function that is called. */
  readonly name: string;
  readonly requestId: string;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** Port: how functions of one dialect are called over HTTP. */
export interface HttpDialect {
  /** Adds the headers that every response gets, each name before its value. */
  addHeaders(headers: string[], request: HttpRequest, response: HttpResponse): void;
  /** Whether it has answered a request that functions of this dialect never see. */
  answersItself(request: HttpRequest, response: HttpResponse): boolean;
  /** The function that a request calls. Undefined: there is none, and that has been answered. */
  lookUp(functions: FunctionView, origin: RequestOrigin): FunctionModule | undefined;
  /** Enters the function, inside the call. Throws what the function throws. */
  invoke(call: HttpCall): unknown;
  /** Makes the response of what the function returned. Throws when it cannot be sent. */
  reply(origin: RequestOrigin, result: unknown, batch: ResponseBatch): void;
}

/** What the calls of one request handler share. */
export interface HttpTrigger extends CallBounds {
  readonly counters: { requestErrors: number };
  readonly functions: FunctionView;
  readonly dialect: HttpDialect;
  readonly batch: ResponseBatch;
}

/**
 * The call of a function by a request whose body has been read. Its time and its place among the function's
 * calls count until the response has begun; the call ends when the response is complete.
 */
export class HttpCall extends Call<RequestOrigin, HttpTrigger> {
  #result: unknown;

  get functions(): FunctionView {
    return this.bounds.functions;
  }

  override begin(): void {
    super.begin();
    if (this.state !== 'waiting') return;
    onceClosed(this.origin.response, () => {
      if (this.state === 'waiting') this.end();
    });
  }

  override expire(): void {
    // A stream of events has no response to be late with.
    if (!isEventStream(this.origin.response)) super.expire();
  }

  /** The response's headers are out: from now on the function takes as long as it likes. */
  begun(): void {
    this.release();
  }

  protected override get isAwaited(): boolean {
    return !this.origin.response.headersSent;
  }

  protected override invoke(): unknown {
    return this.bounds.dialect.invoke(this);
  }

  protected override lookUp(): FunctionModule | undefined {
    return this.bounds.dialect.lookUp(this.functions, this.origin);
  }

  protected override watchCaller(): void {
    const { response } = this.origin;
    onceClosed(response, () => {
      if (!response.writableFinished) this.abort(new DOMException(closedEarly, 'AbortError'));
    });
  }

  protected override hold(): void {
    super.hold();
    this.origin.response.call = this;
  }

  protected override settled(result: unknown): void {
    this.#result = result;
    // Getters and `toJSON()` of the result are the function's code.
    this.calls.enter(this.module.mark, reply, this);
    this.#finish();
  }

  protected override failed({ kind, error }: Failure): void {
    if (kind === 'thrown') this.bounds.counters.requestErrors += 1;
    replyThrown(this.origin.response, error, this.requestId);
    this.#finish();
  }

  protected override expired(error: HearthError): void {
    replyThrown(this.origin.response, error, this.requestId);
    this.#finish();
  }

  reply(): void {
    this.bounds.dialect.reply(this.origin, this.#result, this.bounds.batch);
  }

  #finish(): void {
    const { response } = this.origin;
    if (isOver(response)) {
      this.end();
      return;
    }
    if (!response.headersSent && this.state === 'running') this.hold();
    onceClosed(response, () => this.end());
  }
}

function reply(call: HttpCall): void {
  call.reply();
}
