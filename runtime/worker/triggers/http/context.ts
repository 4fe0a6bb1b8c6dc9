import { randomUUID } from 'node:crypto';
import type { FunctionContext } from '../../../../sdk/context.ts';
import type { App } from '../../process/app.ts';
import { parseQuery } from '../../dialects/laf/query.ts';
import { bearerToken } from '../../dialects/laf/token.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';

const requestIdShape = /^[\w.:/+=@-]{1,128}$/;
const absoluteForm = /^[a-z]+:\/\/[^/?#]*/i;

/** What a function's context over HTTP is made of. */
export interface ContextOrigin {
  /** The requested path; the function's own name unless `__default__` runs in its place. */
  readonly name: string;
  readonly requestId: string;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** The id that the client gave, if it can stand in a header and a log line; else a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && requestIdShape.test(given) ? given : randomUUID();
}

/** The function name that a request's URL asks for; undefined when its percent encoding is wrong. */
export function requestedName(url: string): string | undefined {
  const target = url.startsWith('/') ? url : url.replace(absoluteForm, '');
  const end = target.indexOf('?');
  const name = target.slice(target.startsWith('/') ? 1 : 0, end === -1 ? undefined : end);
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** Makes what `ctx.signal` is. */
export interface SignalSource {
  signal(): AbortSignal;
}

/** The context of a function called over HTTP; its keys and their order are Laf's. Completes the request's Express members. */
export function createContext(app: App, origin: ContextOrigin, signals: SignalSource): FunctionContext {
  const { name, request } = origin;
  const { headers } = request;
  const forwarded = headers['x-forwarded-for'];
  if (forwarded !== undefined) headers['x-real-ip'] ??= firstOf(forwarded);
  request.params = { name, 0: name };
  request.query = parseQuery(request.url);
  return new HttpContext(origin, userOf(app, headers.authorization), signals);
}

/** Has `signal` beside Laf's keys without showing it among them. */
class HttpContext implements FunctionContext {
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
  // Not there: the SDK's type says of the members of every kind of call that they are.
  declare params: FunctionContext['params'];
  declare socket: FunctionContext['socket'];
  declare connectionId: FunctionContext['connectionId'];
  declare url: FunctionContext['url'];
  readonly #signals: SignalSource;

  constructor({ name, requestId, request, response }: ContextOrigin, user: unknown, signals: SignalSource) {
    this.#signals = signals;
    this.__function_name = name;
    this.requestId = requestId;
    this.query = request.query;
    this.files = request.files;
    this.body = request.body;
    this.headers = request.headers;
    this.method = request.method;
    this.auth = user;
    this.user = user;
    this.request = request;
    this.response = response;
  }

  get signal(): AbortSignal {
    return this.#signals.signal();
  }

  /** A function may put something of its own there. */
  set signal(value: unknown) {
    Object.defineProperty(this, 'signal', { value, writable: true, enumerable: true, configurable: true });
  }
}

function userOf(app: App, authorization: string | undefined): unknown {
  const token = bearerToken(authorization);
  return token === undefined ? null : app.verifyToken(token);
}

function firstOf(forwarded: string | string[]): string {
  const list = typeof forwarded === 'string' ? forwarded : (forwarded[0] ?? '');
  const end = list.indexOf(',');
  return (end === -1 ? list : list.slice(0, end)).trim();
}
