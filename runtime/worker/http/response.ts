import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import express from 'express';
import type { CookieOptions, FunctionResponse } from '../../../sdk/context.ts';
import { connectionOf } from './connections.ts';
import { adoptMembers } from './express.ts';
import type { HttpRequest } from './request.ts';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

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
  /** Who waits for the headers to go out. */
  declare exchange: { begun(): void } | undefined;

  /** Made at its first use: most functions never do. */
  get locals(): Record<string, unknown> {
    const value: Record<string, unknown> = Object.create(null);
    defineLocals(this, value);
    return value;
  }

  set locals(value: Record<string, unknown>) {
    defineLocals(this, value);
  }

  /** Node's, which everything that makes a response comes to. */
  override writeHead(statusCode: number, reason?: string | Headers, headers?: Headers): this {
    const connection = connectionOf(this.req.socket);
    // Requests that the client has sent behind this one are still to be answered.
    if (connection?.closing === true && connection.requests === this.ordinal) this.shouldKeepAlive = false;
    if (typeof reason === 'string') super.writeHead(statusCode, reason, headers);
    else super.writeHead(statusCode, reason ?? headers);
    this.exchange?.begun();
    return this;
  }

  /** Express's, which opens the file only after the function has returned: the response has to wait for it. `download()` comes here too. */
  sendFile(path: string, options: object = {}, callback?: (error?: Error) => void): void {
    express.response.sendFile.call(this, path, options, callback);
    this.sendingFile = true;
  }
}

function defineLocals(response: ServerResponse, value: Record<string, unknown>): void {
  Object.defineProperty(response, 'locals', { value, writable: true, enumerable: true, configurable: true });
}

adoptMembers(HttpResponse.prototype, express.response);
HttpResponse.prototype.sendingFile = false;
HttpResponse.prototype.ordinal = 0;
HttpResponse.prototype.exchange = undefined;
