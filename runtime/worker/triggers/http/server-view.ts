import type { Server } from 'node:http';
import { HearthError } from '../../../kernel/errors.ts';

const refusedCalls: ReadonlySet<string | symbol> = new Set<string | symbol>([
  'close',
  'closeAllConnections',
  'closeIdleConnections',
  'listen',
  'setTimeout',
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
  'off',
  'removeListener',
  'removeAllListeners',
  Symbol.asyncDispose,
]);

/**
 * What functions find as `request.socket.server`: the server, except that what would stop it or take
 * its requests away throws `SERVER_REFUSED`. Node itself only emits events on it.
 */
export function createServerView(server: Server): Server {
  return new Proxy(server, {
    get: (target, key) => (refusedCalls.has(key) ? () => refuse(key) : Reflect.get(target, key)),
    set: (_target, key) => refuse(key),
    defineProperty: (_target, key) => refuse(key),
    deleteProperty: (_target, key) => refuse(key),
    setPrototypeOf: () => refuse('setPrototypeOf'),
  });
}

function refuse(call: string | symbol): never {
  throw new HearthError('SERVER_REFUSED', { call: String(call) });
}
