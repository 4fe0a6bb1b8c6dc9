import { currentResponse, isUpgraded } from '../../../internals/node-http.ts';
import { Server as NetServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { HttpServer } from './http-server.ts';

// How long a kept-alive connection must have been silent before it is closed: its client may just be sending.
const graceMs = 500;
const sweepMs = 50;

/**
 * Ends a server without losing a request: accepts no more connections, lets calls under way finish,
 * says `Connection: close` with every response, and closes connections that have been silent for
 * half a second. Resolves when none is left, at the latest after `deadline` milliseconds, when the rest is
 * destroyed. Upgraded connections are left alone.
 */
export async function drainHttp(server: HttpServer, deadline: number): Promise<void> {
  const { open } = server.tracked;
  // Node's HTTP server would close idle connections at once, also those that a request is on its way to.
  NetServer.prototype.close.call(server);
  for (const connection of open.values()) connection.closing = true;
  const end = performance.now() + deadline;
  const silence = new Map<Socket, Silence>();
  const sweep = (): boolean => {
    const now = performance.now();
    let left = false;
    for (const socket of open.keys()) {
      if (isUpgraded(socket)) continue;
      if (now >= end) socket.destroy();
      else if (silentFor(socket, silence, now) < graceMs) left = true;
      // Until its end is out, the process must not go.
      else if (!socket.writableEnded) socket.destroySoon();
      else left ||= !socket.destroyed;
    }
    return left;
  };
  while (sweep()) await pause(Math.max(0, Math.min(sweepMs, end - performance.now())));
  // What listens for the end of a connection is told in the next turn of the loop.
  await pause(0);
  server.close();
}

interface Silence {
  readonly since: number;
  readonly bytesRead: number;
}

/** Milliseconds since the connection was first seen with nothing to answer and nothing new to read. */
function silentFor(socket: Socket, silence: Map<Socket, Silence>, now: number): number {
  const { bytesRead } = socket;
  const known = silence.get(socket);
  if (currentResponse(socket) !== undefined) silence.delete(socket);
  else if (known?.bytesRead === bytesRead) return now - known.since;
  else silence.set(socket, { since: now, bytesRead });
  return 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
