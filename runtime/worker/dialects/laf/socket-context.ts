import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { reserved } from '../../../kernel/functions/name.ts';
import type { EventCall, SocketEvent } from '../../sockets/event-queue.ts';
import type { Identity } from '../../sockets/identity.ts';
import type { UpgradeCall } from '../../triggers/sockets/upgrade-call.ts';

/** What `ctx.method` is on the events of a socket. */
export const eventNames = {
  connection: 'WebSocket:connection',
  message: 'WebSocket:message',
  close: 'WebSocket:close',
  error: 'WebSocket:error',
} as const satisfies Record<SocketEvent['kind'], string>;

/** What `__websocket__` is called with. Laf's members come first; the others are there on every event too. */
export interface SocketContext {
  params: unknown;
  method: (typeof eventNames)[SocketEvent['kind']];
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
  /** The subprotocols that the client offers, in its order. */
  protocols: readonly string[];
  /** The one that is accepted: of those offered, or undefined for none. The first that is no token, until the function says otherwise. */
  protocol: string | undefined;
  /** Aborts when the time for a decision is over, when the client has gone or when the host stops. */
  signal: AbortSignal;
}

/**
 * The context of an event. Its fields are only declared, and what the function must not see among its keys is
 * private: that makes one as fast to construct as a literal.
 */
export class EventContext implements SocketContext {
  readonly #call: EventCall;
  declare params: unknown;
  declare method: SocketContext['method'];
  declare requestId: string;
  declare socket: WebSocket;
  declare __function_name: string;
  declare url: string;
  declare headers: IncomingHttpHeaders;
  declare query: Identity['query'];
  declare user: unknown;
  declare auth: unknown;
  declare connectionId: string;

  constructor(call: EventCall) {
    const { queue, event } = call;
    const { identity } = queue;
    this.#call = call;
    this.params = event.params;
    this.method = eventNames[event.kind];
    this.requestId = call.requestId;
    this.socket = queue.socket;
    this.__function_name = reserved.websocket;
    this.url = identity.url;
    this.headers = identity.headers;
    this.query = identity.query;
    this.user = identity.user;
    this.auth = identity.user;
    this.connectionId = identity.id;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  set signal(value: AbortSignal) {
    replaceSignal(this, value);
  }
}

export class UpgradeCallContext implements UpgradeContext {
  readonly #call: UpgradeCall;
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
  declare protocols: readonly string[];
  declare protocol: string | undefined;

  constructor(call: UpgradeCall) {
    const { identity, handshake } = call;
    this.#call = call;
    this.__function_name = reserved.websocket;
    this.requestId = call.requestId;
    this.method = 'WebSocket:upgrade';
    this.headers = identity.headers;
    this.url = identity.url;
    this.query = identity.query;
    this.user = identity.user;
    this.auth = identity.user;
    this.connectionId = identity.id;
    this.request = handshake.request;
    this.protocols = [...call.protocols];
    this.protocol = call.protocol;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  set signal(value: AbortSignal) {
    replaceSignal(this, value);
  }
}

/** A context is the function's own: it may put there what it likes, as in every other member. */
function replaceSignal(context: object, value: unknown): void {
  Object.defineProperty(context, 'signal', { value, writable: true, enumerable: true, configurable: true });
}
