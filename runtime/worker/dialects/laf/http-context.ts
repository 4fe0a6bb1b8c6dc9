import type { FunctionContext } from '../../../../sdk/context.ts';
import type { HttpCall } from '../../triggers/http/http-call.ts';
import { parseQuery } from './query.ts';

/**
 * The context of a function called over HTTP; its keys and their order are Laf's, and `signal` does not show
 * among them. Completes the request's Express members. `user` is the verified payload of the bearer token.
 */
export class HttpContext implements FunctionContext {
  [key: string]: unknown;
  declare __function_name: string;
  declare requestId: string;
  declare method: string;
  declare query: FunctionContext['query'];
  declare body: FunctionContext['body'];
  declare user: FunctionContext['user'];
  declare auth: FunctionContext['auth'];
  declare headers: FunctionContext['headers'];
  declare request: FunctionContext['request'];
  declare response: FunctionContext['response'];
  // Declared, never there: the SDK's type has the members of every kind of call.
  declare params: FunctionContext['params'];
  declare socket: FunctionContext['socket'];
  declare connectionId: FunctionContext['connectionId'];
  declare url: FunctionContext['url'];
  readonly #call: HttpCall;

  constructor(call: HttpCall, user: unknown) {
    const { name, requestId, request, response } = call.origin;
    const { headers } = request;
    const forwarded = headers['x-forwarded-for'];
    if (forwarded !== undefined) headers['x-real-ip'] ??= firstOf(forwarded);
    request.params = { name, 0: name };
    request.query = parseQuery(request.url);
    this.#call = call;
    this.__function_name = name;
    this.requestId = requestId;
    this.query = request.query;
    this.files = request.files;
    this.body = request.body;
    this.headers = headers;
    this.method = request.method;
    this.auth = user;
    this.user = user;
    this.request = request;
    this.response = response;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** A function may put something of its own there. */
  set signal(value: unknown) {
    Object.defineProperty(this, 'signal', { value, writable: true, enumerable: true, configurable: true });
  }
}

function firstOf(forwarded: string | string[]): string {
  const list = typeof forwarded === 'string' ? forwarded : (forwarded[0] ?? '');
  const end = list.indexOf(',');
  return (end === -1 ? list : list.slice(0, end)).trim();
}
