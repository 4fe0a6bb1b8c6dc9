import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { reserved } from '../../kernel/name.ts';

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
}

/** The context of `upgrade()`. */
export function createUpgradeContext(request: IncomingMessage, identity: Identity): UpgradeContext {
  const { id, url, headers, query, user } = identity;
  return {
    __function_name: reserved.websocket,
    requestId: `${id}-0`,
    method: 'WebSocket:upgrade',
    headers,
    url,
    query,
    user,
    auth: user,
    connectionId: id,
    request,
  };
}
