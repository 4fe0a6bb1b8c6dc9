import net from 'node:net';

/**
 * Binds a TCP socket without listening. Node's cluster module does it by `net._createServerHandle()`; there is no
 * public call. Returns the handle, which `send()` and `listen()` take, or what Node returned instead: an error number.
 */
export function bindHandle(address: string, port: number, family: 4 | 6): net.Server | number | undefined {
  const create: unknown = Reflect.get(net, '_createServerHandle');
  const bound: unknown = typeof create === 'function' ? create(address, port, family, -1) : undefined;
  return isHandle(bound) || typeof bound === 'number' ? bound : undefined;
}

/** The handle is Node's own TCP object, though the types of what takes it speak of servers. */
function isHandle(value: unknown): value is net.Server {
  return typeof value === 'object' && value !== null && 'getsockname' in value && 'close' in value;
}
