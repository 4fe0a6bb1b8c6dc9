import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { Invocation, type InvocationOrigin } from '../../kernel/calls/invocation.ts';
import { reserved } from '../../kernel/functions/name.ts';

/** What `ctx.method` is on the events of a socket; the names are Laf's. */
export type SocketEvent = 'WebSocket:connection' | 'WebSocket:message' | 'WebSocket:close' | 'WebSocket:error';

/** What is known of a connection from its handshake on. */
export interface Identity {
  /** Names the connection on all its events. */
  readonly id: string;
  /** The URL that the socket was opened with, from the path on. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: Record<string, unknown>;
  /** The payload of a token, what `upgrade()` answered, or null. */
  readonly user: unknown;
}

/** What `__websocket__` is called with. Laf's members come first; the others are there on every event too. */
export interface SocketContext {
  params: unknown;
  method: SocketEvent;
  requestId: string;
  socket: WebSocket;
  __function_name: string;
  url: string;
  headers: IncomingHttpHeaders;
  query: Identity['query'];
  user: unknown;
  auth: unknown;
  connectionId: string;
  /** Aborts when the event's time is over or, but for that of `WebSocket:close`, when the socket is closed. */
  signal: AbortSignal;
}

/** What `upgrade()` of `__websocket__` is called with. */
export interface UpgradeContext {
  __function_name: string;
  requestId: string;
  method: 'WebSocket:upgrade';
  headers: IncomingHttpHeaders;
  url: string;
  query: Identity['query'];
  user: unknown;
  auth: unknown;
  connectionId: string;
  request: IncomingMessage;
  /** Aborts when the time for an answer is over, when the client has gone or when the host stops. */
  signal: AbortSignal;
}

/** Port: the line that an event stands in. Its methods MUST NOT throw. */
export interface SocketLine {
  readonly identity: Identity;
  readonly socket: WebSocket;
  /** Has the signal abort when the socket closes. */
  abortAtClose(controller: AbortController): void;
  /** The event of a signal has ended. */
  signalEnded(controller: AbortController): void;
}

/** The invocation of one event, with what the host keeps of it: an object of its own would cost each event more. */
export class EventInvocation extends Invocation {
  readonly line: SocketLine;
  /** The event that it was made for, whatever the function makes of `method`. */
  readonly method: SocketEvent;
  #controller: AbortController | undefined;

  constructor(origin: InvocationOrigin, line: SocketLine, method: SocketEvent) {
    super(origin);
    this.line = line;
    this.method = method;
  }

  /** Aborts once the event's time is over, or the socket is closed. */
  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    // What a function does at the close, it does for a socket that is closed.
    if (this.method !== 'WebSocket:close') {
      this.line.abortAtClose(controller);
      if (this.ended) this.line.signalEnded(controller);
    }
    return controller.signal;
  }

  /** Aborts the signal, also one that is asked for later. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  override end(): void {
    super.end();
    if (this.#controller) this.line.signalEnded(this.#controller);
  }
}

/**
 * The context of an event. Its fields are only declared, and what the function must not see among its
 * keys is private, because that makes one as fast to construct as a literal; a signal is made only for
 * those who ask for it.
 */
export class EventContext implements SocketContext {
  readonly #event: EventInvocation;
  declare params: unknown;
  declare method: SocketEvent;
  declare requestId: string;
  declare socket: WebSocket;
  declare __function_name: string;
  declare url: string;
  declare headers: IncomingHttpHeaders;
  declare query: Identity['query'];
  declare user: unknown;
  declare auth: unknown;
  declare connectionId: string;

  constructor(event: EventInvocation, params: unknown) {
    const { identity, socket } = event.line;
    this.#event = event;
    this.params = params;
    this.method = event.method;
    this.requestId = event.requestId;
    this.socket = socket;
    this.__function_name = reserved.websocket;
    this.url = identity.url;
    this.headers = identity.headers;
    this.query = identity.query;
    this.user = identity.user;
    this.auth = identity.user;
    this.connectionId = identity.id;
  }

  get signal(): AbortSignal {
    return this.#event.signal;
  }

  set signal(value: AbortSignal) {
    replaceSignal(this, value);
  }
}

/** The context of `upgrade()`. */
export class UpgradeCallContext implements UpgradeContext {
  #controller: AbortController | undefined;
  declare __function_name: string;
  declare requestId: string;
  declare method: 'WebSocket:upgrade';
  declare headers: IncomingHttpHeaders;
  declare url: string;
  declare query: Identity['query'];
  declare user: unknown;
  declare auth: unknown;
  declare connectionId: string;
  declare request: IncomingMessage;

  constructor(request: IncomingMessage, identity: Identity) {
    this.__function_name = reserved.websocket;
    this.requestId = `${identity.id}-0`;
    this.method = 'WebSocket:upgrade';
    this.headers = identity.headers;
    this.url = identity.url;
    this.query = identity.query;
    this.user = identity.user;
    this.auth = identity.user;
    this.connectionId = identity.id;
    this.request = request;
  }

  /** Aborts the signal, also one that is asked for later. */
  static abort(context: UpgradeCallContext): void {
    (context.#controller ??= new AbortController()).abort();
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  set signal(value: AbortSignal) {
    replaceSignal(this, value);
  }
}

/** A context is the function's own: it may put there what it likes, as in every other member. */
function replaceSignal(context: object, value: unknown): void {
  Object.defineProperty(context, 'signal', { value, writable: true, enumerable: true, configurable: true });
}
