import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ServerSocket } from './socket.ts';

/** RFC 6455's registry: the service restarts, so come back. */
const restartCode = 1012;

// What closes in one turn of the loop; a close frame costs some 10 µs.
const sliceSize = 200;
// Clients come back spread over this time at the least, and at a thousand a second at the most.
const minimumSpreadMs = 2000;
const maximumSpreadMs = 30_000;
const minimumRetryMs = 250;
// After terminate() only the close events are left to come.
const terminateGraceMs = 100;

/** What a drain needs to know of a server. */
export interface Draining {
  /** The sockets that are not closed yet. */
  sockets(): Iterable<ServerSocket>;
  readonly size: number;
  /** Resolves when every socket is closed and its last event handled. */
  readonly emptied: Promise<void>;
}

/**
 * Closes every socket with 1012 and a reason like `{"retryAfterMs":1234}`, drawn at random so that the
 * clients do not come back all at once, in slices so that the loop is not blocked. Resolves when all
 * are closed and handled; what is left after `deadline` milliseconds is terminated.
 */
export async function drain(server: Draining, deadline: number): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  // An aborted sleep has nobody waiting for it any more.
  const expired = sleep(deadline, true, { signal }).catch(() => true);
  const spread = Math.min(maximumSpreadMs, Math.max(minimumSpreadMs, server.size));
  const late = await Promise.race([expired, closeInSlices([...server.sockets()], spread, signal).then(() => server.emptied)]);
  abort.abort();
  if (late !== true) return;
  for (const socket of server.sockets()) socket.terminate();
  await Promise.race([server.emptied, sleep(terminateGraceMs)]);
}

async function closeInSlices(sockets: readonly ServerSocket[], spread: number, signal: AbortSignal): Promise<void> {
  for (const [index, socket] of sockets.entries()) {
    if (index > 0 && index % sliceSize === 0) await nextTurn();
    if (signal.aborted) return;
    socket.close(restartCode, JSON.stringify({ retryAfterMs: minimumRetryMs + Math.floor(Math.random() * spread) }));
  }
}
