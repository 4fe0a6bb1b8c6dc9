import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerSocket } from './server-socket.ts';

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

/**
 * Closes every socket with 1012 and a reason like `{"retryAfterMs":1234}`, drawn at random so that the
 * clients do not come back all at once, in slices so that the loop is not blocked. What is left when
 * the time is over is terminated.
 */
export class Drain {
  /** Resolves when all sockets are closed and their last events handled, or when the time is over. */
  readonly ended: Promise<void>;
  readonly #sockets: () => Iterable<ServerSocket>;
  #end: (() => void) | undefined;
  #endsAt = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /** Begins at once. `sockets` returns those that are not closed yet, `size` of them at the start. */
  constructor(size: number, sockets: () => Iterable<ServerSocket>) {
    this.ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    this.#sockets = sockets;
    void this.#closeInSlices([...sockets()], Math.min(maximumSpreadMs, Math.max(minimumSpreadMs, size)));
  }

  /** The drain is over after so many milliseconds at the latest, or earlier if that was said before. */
  endWithin(deadline: number): void {
    const endsAt = performance.now() + deadline;
    if (this.#over || endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#terminate(), deadline);
  }

  /** Every socket is closed and its last event handled. */
  emptied(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#end?.();
  }

  #terminate(): void {
    this.#over = true;
    for (const socket of this.#sockets()) socket.terminate();
    this.#timer = setTimeout(() => this.#end?.(), terminateGraceMs);
  }

  async #closeInSlices(sockets: readonly ServerSocket[], spread: number): Promise<void> {
    for (const [index, socket] of sockets.entries()) {
      if (index > 0 && index % sliceSize === 0) await nextTurn();
      if (this.#over) return;
      socket.close(restartCode, JSON.stringify({ retryAfterMs: minimumRetryMs + Math.floor(Math.random() * spread) }));
    }
  }
}
