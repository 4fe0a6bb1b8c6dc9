import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** One uploaded file, in multer's shape. The file is deleted once the response is complete: move or read it before that. */
export interface FunctionFile {
  /** The form field. */
  fieldname: string;
  /** The name on the sender's computer. It is untrusted text: never use it as a path. */
  originalname: string;
  encoding: string;
  mimetype: string;
  /** The folder that holds the file. */
  destination: string;
  /** The file's name in that folder. */
  filename: string;
  /** The file's full path. */
  path: string;
  /** In bytes. */
  size: number;
}

/** The options of `response.cookie()`, as in Express 4. */
export interface CookieOptions {
  domain?: string;
  encode?: (value: string) => string;
  expires?: Date;
  httpOnly?: boolean;
  /** Milliseconds from now. */
  maxAge?: number;
  path?: string;
  priority?: 'low' | 'medium' | 'high';
  sameSite?: boolean | 'lax' | 'strict' | 'none';
  secure?: boolean;
}

/** Node's request, with the members that Express 4 adds. */
export interface FunctionRequest extends IncomingMessage {
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly baseUrl: string;
  readonly path: string;
  readonly hostname: string;
  readonly protocol: string;
  readonly secure: boolean;
  readonly ip: string | undefined;
  readonly ips: string[];
  readonly subdomains: string[];
  readonly xhr: boolean;
  readonly fresh: boolean;
  readonly stale: boolean;
  /** `params.name` is the function's name. */
  params: Record<string, string>;
  query: Record<string, any>;
  body: any;
  /** The bytes of a body that was parsed, inflated, as webhook signatures are made of them. Absent without a body, and with `export const body = 'stream'`. */
  rawBody?: Buffer;
  files?: FunctionFile[];
  get(name: string): string | undefined;
  header(name: string): string | undefined;
  accepts(...types: string[]): string | string[] | false;
  acceptsCharsets(...charsets: string[]): string | string[] | false;
  acceptsEncodings(...encodings: string[]): string | string[] | false;
  acceptsLanguages(...languages: string[]): string | string[] | false;
  is(...types: string[]): string | false | null;
}

/**
 * Node's response, with the members that Express 4 adds.
 *
 * @example
 * ctx.response.status(201).json({ created: true });
 */
export interface FunctionResponse extends ServerResponse {
  locals: Record<string, any>;
  status(code: number): this;
  sendStatus(code: number): this;
  send(body?: unknown): this;
  json(body?: unknown): this;
  jsonp(body?: unknown): this;
  set(name: string, value: string | string[] | number): this;
  set(headers: Record<string, string | string[] | number>): this;
  header(name: string, value: string | string[] | number): this;
  get(name: string): string | undefined;
  append(name: string, value: string | string[]): this;
  type(type: string): this;
  contentType(type: string): this;
  cookie(name: string, value: unknown, options?: CookieOptions): this;
  clearCookie(name: string, options?: CookieOptions): this;
  redirect(url: string): void;
  redirect(status: number, url: string): void;
  location(url: string): this;
  links(links: Record<string, string>): this;
  vary(field: string): this;
  attachment(filename?: string): this;
  format(handlers: Record<string, () => void>): this;
  sendFile(path: string, options?: unknown, callback?: (error?: Error) => void): void;
  download(path: string, filename?: string, callback?: (error?: Error) => void): void;
}

/**
 * A WebSocket: a socket of the `ws` package, the same object on every event of its connection.
 *
 * @example
 * if (ctx.method === 'WebSocket:message') ctx.socket.send(`you said ${ctx.params.data}`);
 */
export interface FunctionSocket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** Bytes that are waiting to be sent to the client. */
  readonly bufferedAmount: number;
  readonly protocol: string;
  /** Sends a string as text, anything else as binary. Does not throw on a closed socket. */
  send(data: string | Buffer | ArrayBufferLike | ArrayBufferView, callback?: (error?: Error) => void): void;
  /** Starts the closing handshake. `reason` has at most 123 bytes of UTF-8; a code that cannot be sent throws. */
  close(code?: number, reason?: string | Buffer): void;
  /** Drops the connection without a closing handshake; the client sees 1006. */
  terminate(): void;
  ping(data?: unknown): void;
  pong(data?: unknown): void;
  on(event: string, listener: (...args: any[]) => void): this;
  once(event: string, listener: (...args: any[]) => void): this;
  off(event: string, listener: (...args: any[]) => void): this;
  [key: string]: any;
}

/**
 * The object every function is called with. Its members depend on `method`: over HTTP all but `params`
 * and `socket`; on a `WebSocket:…` event `params`, `socket`, `connectionId`, `url`, `headers`, `query`
 * and `user`; from `cloud.invoke()` whatever the caller passes. The type declares all of them as present,
 * because a function is usually written for one kind of call, as in Laf; a function that serves several
 * kinds checks first: `if (ctx.socket)`.
 *
 * The object belongs to the call, so the function may add to it.
 *
 * @example
 * export default async function (ctx: FunctionContext) {
 *   return { message: `Hello, ${ctx.query.name}!` };
 * }
 */
export interface FunctionContext {
  __function_name: string;
  /** The id of this request or event. Log lines carry it, and over HTTP so does the `request-id` header. */
  requestId: string;
  /**
   * The HTTP method; on a socket `WebSocket:connection`, `WebSocket:message`, `WebSocket:close` or
   * `WebSocket:error`; `call` from `cloud.invoke()`; `INIT` for `__init__`.
   */
  method: string;
  query: any;
  /** The parsed body; `{}` if there is none. */
  body: any;
  headers: IncomingHttpHeaders;
  /** The uploaded files of a multipart form; otherwise the key exists with the value undefined, as in Laf. */
  files?: FunctionFile[] | undefined;
  /**
   * On `WebSocket:message` `{ data: Buffer, isBinary: boolean }`, on `WebSocket:close`
   * `{ code: number, reason: Buffer }`, on `WebSocket:error` the error, on `WebSocket:connection` null.
   */
  params: any;
  /** The verified payload of the bearer token, or null; on a socket, the object that `upgrade()` returned, if any. */
  user: any;
  /** The same as `user`. @deprecated Use `user`. */
  auth: any;
  request: FunctionRequest;
  response: FunctionResponse;
  socket: FunctionSocket;
  /** The id of the connection, the same on all its events. */
  connectionId: string;
  /** The URL the socket was opened with, from the path on. */
  url: string;
  /**
   * Aborts when nobody is waiting for this call any more: it timed out, its client disconnected, or the
   * host is stopping. On a socket event, it aborts when the event times out or the socket closes.
   *
   * @example
   * const reply = await fetch(url, { signal: ctx.signal });
   */
  readonly signal: AbortSignal;
  [key: string]: any;
}
