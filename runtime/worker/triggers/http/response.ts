import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import express from 'express';
import type { CookieOptions, FunctionResponse } from '../../../../sdk/context.ts';
import { adoptMembers } from './express.ts';
import { flatten, namesIn, pairsOf, placeOf, valueOf } from './header-list.ts';
import { toBytes } from './byte-values.ts';
import { isStreamValue, sendStreamValue } from './stream-values.ts';
import { connectionOf } from './tcp-connections.ts';
import type { HttpRequest } from './request.ts';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];
const node = ServerResponse.prototype;
type Callback = (error?: Error | null) => void;

/** Node's response with the members of Express 4, which are Express's own; see `adoptMembers()`. */
export class HttpResponse<Request extends IncomingMessage = HttpRequest> extends ServerResponse<Request> implements FunctionResponse {
  declare status: (code: number) => this;
  declare sendStatus: (code: number) => this;
  declare json: (body?: unknown) => this;
  declare jsonp: (body?: unknown) => this;
  declare set: (name: string | Record<string, string | string[] | number>, value?: string | string[] | number) => this;
  declare header: (name: string, value: string | string[] | number) => this;
  declare get: (name: string) => string | undefined;
  declare append: (name: string, value: string | string[]) => this;
  declare type: (type: string) => this;
  declare contentType: (type: string) => this;
  declare cookie: (name: string, value: unknown, options?: CookieOptions) => this;
  declare clearCookie: (name: string, options?: CookieOptions) => this;
  declare redirect: (urlOrStatus: string | number, url?: string) => void;
  declare location: (url: string) => this;
  declare links: (links: Record<string, string>) => this;
  declare vary: (field: string) => this;
  declare attachment: (filename?: string) => this;
  declare format: (handlers: Record<string, () => void>) => this;
  declare download: (path: string, filename?: string, callback?: (error?: Error) => void) => void;

  /** Whether a file is on its way into this response. */
  declare sendingFile: boolean;

  /** Counts the requests of its connection, from 1. */
  declare ordinal: number;
  /** The call whose time counts until the headers are out. */
  declare call: { begun(): void } | undefined;
  /** Told when the head is about to be made, with the names that `writeHead()` was given. */
  declare completeHead: ((given: readonly string[]) => void) | undefined;
  /**
   * The host's own headers, each name before its value, until the function asks for a header or sets one: most never
   * do. Pays 19 % of the HTTP target: with headers set one by one a host makes 0.81 of the requests a second (quartiles 0.78 and 0.89).
   */
  declare early: string[] | undefined;
  /** The body, while it waits to be sent with those of other responses. */
  declare unsent: string | Buffer | undefined;

  /** Made at its first use: most functions never do. */
  get locals(): Record<string, unknown> {
    const value: Record<string, unknown> = Object.create(null);
    defineLocals(this, value);
    return value;
  }

  set locals(value: Record<string, unknown>) {
    defineLocals(this, value);
  }

  /** Node's; after a body that waits it comes too late, as after one that is sent. */
  override write(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (this.unsent !== undefined) {
      tellTooLate(typeof encoding === 'function' ? encoding : callback);
      return false;
    }
    if (encoding === undefined || typeof encoding === 'function') return super.write(chunk, encoding ?? callback);
    return super.write(chunk, encoding, callback);
  }

  /** Node's; after a body that waits it comes too late, as after one that is sent. */
  override end(chunk?: unknown, encoding?: BufferEncoding | (() => void), callback?: () => void): this {
    if (this.unsent !== undefined) {
      tellTooLate([chunk, encoding, callback].find((value) => typeof value === 'function'));
      return this;
    }
    if (encoding === undefined || typeof encoding === 'function') return super.end(chunk, encoding ?? callback);
    return super.end(chunk, encoding, callback);
  }

  override destroy(error?: Error): this {
    sendUnsent(this);
    return super.destroy(error);
  }

  /** Node's, which everything that makes a response comes to. */
  override writeHead(statusCode: number, reason?: string | Headers, headers?: Headers): this {
    const connection = connectionOf(this.req.socket);
    // Requests that the client has sent behind this one are still to be answered.
    if (connection?.closing === true && connection.requests === this.ordinal) this.shouldKeepAlive = false;
    const given = flatten(typeof reason === 'string' ? headers : reason);
    if (given === undefined || given !== this.early) {
      settle(this);
      this.completeHead?.(namesIn(given));
    }
    if (typeof reason === 'string') super.writeHead(statusCode, reason, given);
    else super.writeHead(statusCode, given);
    this.call?.begun();
    return this;
  }

  override setHeader(name: string, value: number | string | readonly string[]): this {
    settle(this);
    return super.setHeader(name, value);
  }

  override appendHeader(name: string, value: string | readonly string[]): this {
    settle(this);
    return super.appendHeader(name, value);
  }

  override removeHeader(name: string): void {
    settle(this);
    super.removeHeader(name);
  }

  override getHeader(name: string): number | string | string[] | undefined {
    settle(this);
    const sent = this.early;
    return sent ? valueOf(sent, name) : super.getHeader(name);
  }

  override hasHeader(name: string): boolean {
    settle(this);
    const sent = this.early;
    return sent ? placeOf(sent, name) >= 0 : super.hasHeader(name);
  }

  override getHeaders(): OutgoingHttpHeaders {
    settle(this);
    const sent = this.early;
    return sent ? Object.assign(Object.create(null), Object.fromEntries(pairsOf(sent))) : super.getHeaders();
  }

  override getHeaderNames(): string[] {
    settle(this);
    const sent = this.early;
    return sent ? pairsOf(sent).map(([name]) => name) : super.getHeaderNames();
  }

  /** Express's, and bytes of any kind as bytes, which it would take for objects. */
  send(body?: unknown): this {
    if (isStreamValue(body)) {
      sendStreamValue(this, body);
      return this;
    }
    Reflect.apply(express.response.send, this, [toBytes(body) ?? body]);
    return this;
  }

  /** Express's, which opens the file only after the function has returned: the response has to wait for it. `download()` comes here too. */
  sendFile(path: string, options: object = {}, callback?: (error?: Error) => void): void {
    express.response.sendFile.call(this, path, options, callback);
    this.sendingFile = true;
  }
}

/** Sets the host's headers as any others, unless they are out. What a framework has set past this class stays. */
function settle(response: ServerResponse & Pick<HttpResponse, 'early'>): void {
  const { early } = response;
  if (early === undefined || response.headersSent) return;
  response.early = undefined;
  for (let at = 0; at < early.length; at += 2) {
    const name = early[at] ?? '';
    const value = early[at + 1] ?? '';
    if (!node.hasHeader.call(response, name)) node.setHeader.call(response, name, value);
    else if (name === 'Vary') node.appendHeader.call(response, name, value);
  }
}

/** Gives a response what every response of the host has. */
export function begin(response: HttpResponse, early: string[]): void {
  response.early = early;
  // A framework that replaces the response's prototype (Express, Nest) takes every inherited member away.
  // oxlint-disable-next-line unbound-method -- it becomes a method of the response itself
  response.writeHead = HttpResponse.prototype.writeHead;
}

/** Whether the response takes no more, sent or not. */
export function isOver(response: HttpResponse): boolean {
  return response.writableEnded || response.unsent !== undefined;
}

/** Sends the body that waits, if there is one. */
export function sendUnsent(response: ServerResponse & Pick<HttpResponse, 'unsent'>): void {
  const { unsent } = response;
  if (unsent === undefined) return;
  response.unsent = undefined;
  if (!response.destroyed) node.end.call(response, unsent, 'utf8');
}

/** Writes the head of a response that is sent whole; false, and nothing is done, when a function may have had a say in its headers. */
export function writeWholeHead(response: HttpResponse, type: string, length: number): boolean {
  const { early } = response;
  if (early === undefined || response.headersSent || !isHosts(response)) return false;
  // Its length frames the body.
  response.chunkedEncoding = false;
  early.push('Content-Type', type, 'Content-Length', String(length));
  response.writeHead(response.statusCode, early);
  return true;
}

/** Whether the response still has this class's members: a framework that answers it may have given it others. */
export function isHosts(response: HttpResponse): boolean {
  return Object.getPrototypeOf(response) === HttpResponse.prototype;
}

function tellTooLate(callback: unknown): void {
  if (typeof callback === 'function')
    process.nextTick(callback, new Error('The response was already sent with the value the function returned.'));
}

function defineLocals(response: ServerResponse, value: Record<string, unknown>): void {
  Object.defineProperty(response, 'locals', { value, writable: true, enumerable: true, configurable: true });
}

adoptMembers(HttpResponse.prototype, express.response);
HttpResponse.prototype.sendingFile = false;
HttpResponse.prototype.ordinal = 0;
HttpResponse.prototype.call = undefined;
HttpResponse.prototype.completeHead = undefined;
HttpResponse.prototype.early = undefined;
HttpResponse.prototype.unsent = undefined;

/** Calls back once, when the response was sent whole or can no longer be; at once if that has happened. */
export function onceClosed(response: HttpResponse, callback: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) {
    callback();
    return;
  }
  const close = (): void => {
    response.off('close', close);
    socket.off('close', close);
    callback();
  };
  // First of all, because a function's own listener may throw.
  response.prependListener('close', close);
  // A pipelined response whose turn never comes does not close by itself.
  socket.prependListener('close', close);
}
