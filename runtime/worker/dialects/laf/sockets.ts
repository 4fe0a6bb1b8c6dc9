import type { IncomingMessage } from 'node:http';
import type { Handler } from '../../../kernel/functions/module.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import type { SocketDialect } from '../../sockets/event-queue.ts';
import { offeredProtocols } from '../../triggers/sockets/handshake.ts';
import type { UpgradeDialect } from '../../triggers/sockets/upgrade-call.ts';
import { parseQuery } from './query.ts';
import { EventContext, eventNames, UpgradeCallContext } from './socket-context.ts';
import { bearerToken } from './token.ts';

// A JSON Web Token's first part is the Base64 of a JSON object, which begins with `{"`.
const tokenShape = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Laf's `__websocket__`. `verifyToken` returns the payload of a valid token, else null. */
export function createLafSockets(verifyToken: (token: string) => unknown): SocketDialect & UpgradeDialect {
  return {
    function: reserved.websocket,
    eventNames,
    createContext: (call) => new EventContext(call),
    createUpgradeContext: (call) => new UpgradeCallContext(call),
    parseQuery,
    handlerOf,
    isToken: (protocol) => tokenShape.test(protocol),
    authenticate: (request, query) => authenticate(request, query, verifyToken),
  };
}

function handlerOf(exports: unknown): Handler | undefined {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return undefined;
  const upgrade: unknown = Reflect.get(exports, 'upgrade');
  return isHandler(upgrade) ? upgrade : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

/**
 * The payload of the first valid token of the `Authorization` header, the `token` parameter and the subprotocols
 * (all that a browser's `new WebSocket()` can send); null without one.
 */
function authenticate(request: IncomingMessage, query: Readonly<Record<string, unknown>>, verify: (token: string) => unknown): unknown {
  const bearer = bearerToken(request.headers.authorization);
  for (const token of [bearer, query['token'], ...offeredProtocols(request)]) {
    const user = typeof token === 'string' && token !== '' ? verify(token) : null;
    if (user !== null && user !== undefined) return user;
  }
  return null;
}
