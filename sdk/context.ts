import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** One uploaded file, in multer's shape. The file is deleted once the response is complete: move or read it before. */
export interface FunctionFile {
  /** The form field. */
  fieldname: string;
  /** The name on the sender's computer; text from outside, never to be used as a path. */
  originalname: string;
  encoding: string;
  mimetype: string;
  /** The folder that holds the file. */
  destination: string;
  /** The file's name in that folder. */
  filename: string;
  /** The file's full path. */
  path: string;
  /** Bytes. */
  size: number;
}

/** What `cookie()` takes beside name and value; as in Express 4. */
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

/** Node's request with the members that Express 4 adds. */
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
  files?: FunctionFile[];
  get(name: string): string | undefined;
  header(name: string): string | undefined;
  accepts(...types: string[]): string | string[] | false;
  acceptsCharsets(...charsets: string[]): string | string[] | false;
  acceptsEncodings(...encodings: string[]): string | string[] | false;
  acceptsLanguages(...languages: string[]): string | string[] | false;
  is(...types: string[]): string | false | null;
}

/** Node's response with the members that Express 4 adds. */
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

/** A WebSocket connection: the very object of the `ws` package, the same one on every event. */
export interface FunctionSocket {
  readonly readyState: 0 | 1 | 2 | 3;
  readonly bufferedAmount: number;
  readonly protocol: string;
  send(data: string | Buffer | ArrayBufferLike | ArrayBufferView, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string | Buffer): void;
  terminate(): void;
  ping(data?: unknown): void;
  pong(data?: unknown): void;
  on(event: string, listener: (...args: any[]) => void): this;
  once(event: string, listener: (...args: any[]) => void): this;
  off(event: string, listener: (...args: any[]) => void): this;
  [key: string]: any;
}

/**
 * What every function is called with. Which members are there depends on `method`: over HTTP all but
 * `params` and `socket`; on a `WebSocket:…` event `params`, `socket`, `connectionId`, `url`,
 * `headers`, `query` and `user`; from `cloud.invoke()` what the caller gives. The types say of them all
 * that they are there, since a function is written for one kind of call, as Laf's are; one that serves
 * several asks first: `if (ctx.socket)`.
 *
 * The object is the function's own: it may add to it.
 */
export interface FunctionContext {
  __function_name: string;
  /** The id of this request or event; log lines carry it, and over HTTP the `request-id` header does. */
  requestId: string;
  /**
   * The HTTP method; or `WebSocket:connection`, `WebSocket:message`, `WebSocket:close`,
   * `WebSocket:error`; `call` from `cloud.invoke()`; `INIT` for `__init__`.
   */
  method: string;
  query: any;
  /** The parsed body; `{}` when there is none. */
  body: any;
  headers: IncomingHttpHeaders;
  /** Uploaded files, when the request is a multipart form; the key is there without a value otherwise, as in Laf. */
  files?: FunctionFile[] | undefined;
  /**
   * On `WebSocket:message` `{ data: Buffer, isBinary: boolean }`, on `WebSocket:close`
   * `{ code: number, reason: Buffer }`, on `WebSocket:error` the error, on `WebSocket:connection` null.
   */
  params: any;
  /** The verified payload of the bearer token, or null; on a socket, what `upgrade()` returned if it did. */
  user: any;
  /** The same as `user`. @deprecated Use `user`. */
  auth: any;
  request: FunctionRequest;
  response: FunctionResponse;
  socket: FunctionSocket;
  /** Names the connection on all its events. */
  connectionId: string;
  /** The URL that the socket was opened with, from the path on. */
  url: string;
  /**
   * Aborts when nobody waits for this call any more: its time is over, its client has gone, or the
   * host stops. On a socket's event: when its time is over or the socket is closed.
   */
  readonly signal: AbortSignal;
  [key: string]: any;
}
