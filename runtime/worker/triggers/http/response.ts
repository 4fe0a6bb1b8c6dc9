import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import express from 'express';
import type { CookieOptions, FunctionResponse } from '../../../../sdk/context.ts';
import { connectionOf } from './tcp-connections.ts';
import { adoptMembers } from './express.ts';
import type { HttpRequest } from './request.ts';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];
type Callback = (error?: Error | null) => void;

/** Node's response with the members of Express 4, which are Express's own; see `adoptMembers()`. */
export class HttpResponse<Request extends IncomingMessage = HttpRequest> extends ServerResponse<Request> implements FunctionResponse {
  declare status: (code: number) => this;
  declare sendStatus: (code: number) => this;
  declare send: (body?: unknown) => this;
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

  /** Whether the response takes no more, sent or not. */
  get isOver(): boolean {
    return this.writableEnded || this.unsent !== undefined;
  }

  /** Sends the body that waits, if there is one. */
  sendUnsent(): void {
    const { unsent } = this;
    if (unsent === undefined) return;
    this.unsent = undefined;
    if (!this.destroyed) super.end(unsent);
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
    this.sendUnsent();
    return super.destroy(error);
  }

  /** Node's, which everything that makes a response comes to. */
  override writeHead(statusCode: number, reason?: string | Headers, headers?: Headers): this {
    const connection = connectionOf(this.req.socket);
    // Requests that the client has sent behind this one are still to be answered.
    if (connection?.closing === true && connection.requests === this.ordinal) this.shouldKeepAlive = false;
    if (reason !== this.early) this.#settle();
    if (typeof reason === 'string') super.writeHead(statusCode, reason, headers);
    else super.writeHead(statusCode, reason ?? headers);
    this.call?.begun();
    return this;
  }

  /** Writes the head of a response that is sent whole; false, and nothing is done, when a function may have had a say in its headers. */
  writeWholeHead(type: string, length: number): boolean {
    const { early } = this;
    if (early === undefined || this.headersSent) return false;
    // Its length frames the body.
    this.chunkedEncoding = false;
    early.push('Content-Type', type, 'Content-Length', String(length));
    this.writeHead(this.statusCode, early);
    return true;
  }

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.#settle();
    return super.setHeader(name, value);
  }

  override appendHeader(name: string, value: string | readonly string[]): this {
    this.#settle();
    return super.appendHeader(name, value);
  }

  override removeHeader(name: string): void {
    this.#settle();
    super.removeHeader(name);
  }

  override getHeader(name: string): number | string | string[] | undefined {
    this.#settle();
    const sent = this.early;
    return sent ? valueOf(sent, name) : super.getHeader(name);
  }

  override hasHeader(name: string): boolean {
    this.#settle();
    const sent = this.early;
    return sent ? placeOf(sent, name) >= 0 : super.hasHeader(name);
  }

  override getHeaders(): OutgoingHttpHeaders {
    this.#settle();
    const sent = this.early;
    return sent ? Object.assign(Object.create(null), Object.fromEntries(pairsOf(sent))) : super.getHeaders();
  }

  override getHeaderNames(): string[] {
    this.#settle();
    const sent = this.early;
    return sent ? pairsOf(sent).map(([name]) => name) : super.getHeaderNames();
  }

  /** Sets the host's headers as any others, unless they are out. */
  #settle(): void {
    const { early } = this;
    if (early === undefined || this.headersSent) return;
    this.early = undefined;
    for (let at = 0; at < early.length; at += 2) super.setHeader(early[at] ?? '', early[at + 1] ?? '');
  }

  /** Express's, which opens the file only after the function has returned: the response has to wait for it. `download()` comes here too. */
  sendFile(path: string, options: object = {}, callback?: (error?: Error) => void): void {
    express.response.sendFile.call(this, path, options, callback);
    this.sendingFile = true;
  }
}

function tellTooLate(callback: unknown): void {
  if (typeof callback === 'function')
    process.nextTick(callback, new Error('The response was already sent with the value the function returned.'));
}

/** The value of a header in a flat list. */
function valueOf(headers: readonly string[], name: string): string | undefined {
  const at = placeOf(headers, name);
  return at < 0 ? undefined : headers[at + 1];
}

/** The index of a header's name in a flat list; -1 if it is not there. */
function placeOf(headers: readonly string[], name: string): number {
  const wanted = name.toLowerCase();
  return headers.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === wanted);
}

function pairsOf(headers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < headers.length; at += 2) pairs.push([(headers[at] ?? '').toLowerCase(), headers[at + 1] ?? '']);
  return pairs;
}

function defineLocals(response: ServerResponse, value: Record<string, unknown>): void {
  Object.defineProperty(response, 'locals', { value, writable: true, enumerable: true, configurable: true });
}

adoptMembers(HttpResponse.prototype, express.response);
HttpResponse.prototype.sendingFile = false;
HttpResponse.prototype.ordinal = 0;
HttpResponse.prototype.call = undefined;
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
