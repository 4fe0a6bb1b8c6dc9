import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The response that is being sent on a connection. Node keeps it as `_httpMessage`; its own `closeIdleConnections()` asks the same. */
export function currentResponse(socket: Duplex): ServerResponse | undefined {
  const response: unknown = Reflect.get(socket, '_httpMessage');
  return response instanceof ServerResponse ? response : undefined;
}

/** Whether the connection is no longer HTTP's: then Node has taken its `parser` away. */
export function isUpgraded(socket: Duplex): boolean {
  const parser: unknown = Reflect.get(socket, 'parser');
  return !socket.destroyed && (parser === null || parser === undefined);
}

/** Replaces what code finds as `socket.server`. */
export function hideServer(socket: Duplex, view: object): void {
  Reflect.set(socket, 'server', view);
}
