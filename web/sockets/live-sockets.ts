import type { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';
import type { Session } from '../api/session.ts';
import { addressOf } from './address.ts';
import { type ClientDefinition, useDefinitions } from './definitions.ts';
import { LiveSocket } from './live-socket.ts';

const sockets = new Map<string, LiveSocket>();

/** The socket of a client. It lives on while other pages of the console are shown. */
export function socketOf(id: string): LiveSocket {
  let socket = sockets.get(id);
  if (!socket) {
    socket = new LiveSocket();
    sockets.set(id, socket);
  }
  return socket;
}

/** Connects a client as it is defined now, and again as it is defined then. */
export function connect({ id }: ClientDefinition, session: Session): void {
  const socket = socketOf(id);
  socket.setReconnects(definitionOf(id)?.reconnect ?? false);
  socket.connect(() => {
    const definition = definitionOf(id);
    const address = definition && addressOf(definition, session);
    if (!address) return undefined;
    if (!('fault' in address)) return address;
    socket.fail(address.fault);
    return undefined;
  });
}

/** Closes a client's socket and forgets its frames. */
export function forget(id: string): void {
  sockets.get(id)?.disconnect();
  sockets.delete(id);
}

/** Whether any client is connected, or will be by itself. */
export function hasActive(): boolean {
  return [...sockets.values()].some(({ isActive }) => isActive);
}

const watched = new WeakSet<QueryClient>();

/** Closes all sockets and forgets their frames when the host says that nobody is signed in, on whatever page that is. */
export function forgetAllOnSignOut(cache: QueryClient): void {
  if (watched.has(cache)) return;
  watched.add(cache);
  cache.getQueryCache().subscribe(({ query }) => {
    const { error } = query.state;
    if (query.queryKey[0] !== 'session' || !(error instanceof ApiError) || error.status !== 401) return;
    for (const id of sockets.keys()) forget(id);
  });
}

function definitionOf(id: string): ClientDefinition | undefined {
  return useDefinitions.getState().clients.find((client) => client.id === id);
}
