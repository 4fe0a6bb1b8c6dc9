import { reserved } from '../../kernel/name.ts';
import type { App } from '../app.ts';
import type { Identity, SocketContext, SocketEvent } from './context.ts';
import { dispatch, type EventWaiter } from './dispatch.ts';
import { Queue } from './queue.ts';
import type { ServerSocket } from './socket.ts';

// A paused socket is read a little at each beat, but not once so many times the limit wait.
const maximumOverflow = 16;

/** Port: what the events belong to. Its methods MUST NOT throw. */
export interface EventOwner {
  readonly app: App;
  readonly identity: Identity;
  readonly socket: ServerSocket;
  /** The close is handled: nothing follows. */
  finished(): void;
}

interface QueuedEvent {
  readonly method: SocketEvent;
  readonly params: unknown;
  readonly bytes: number;
}

/**
 * The events of one socket, which reach the function one after another in their order. While a
 * handler is pending the others wait; when many wait, the socket is not read.
 */
export class EventLine implements EventWaiter {
  readonly #owner: EventOwner;
  #count = 0;
  #busy = false;
  #paused = false;
  #closed = false;
  /** Only there while something waits: most sockets never need one. */
  #queue: Queue<QueuedEvent> | undefined;
  #queuedBytes = 0;

  constructor(owner: EventOwner) {
    this.#owner = owner;
  }

  /** Events that wait for the handler. */
  get size(): number {
    return this.#queue?.size ?? 0;
  }

  /** Hands the event to the function, at once unless a handler is pending. `bytes` is what it keeps in memory. */
  deliver(method: SocketEvent, params: unknown, bytes: number): void {
    if (this.#busy) {
      this.#enqueue({ method, params, bytes });
      return;
    }
    this.#run(method, params);
    if (this.#queue || this.#closed) this.#deliverQueued();
  }

  /** Delivers the close, the last event. */
  close(code: number, reason: Buffer): void {
    this.#closed = true;
    this.deliver('WebSocket:close', { code, reason }, 0);
  }

  settled(): void {
    this.#busy = false;
    this.#deliverQueued();
  }

  /** Reads the socket again if it was paused here. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#owner.socket.resume();
  }

  /**
   * Whether the socket has been read all the time, so that silence means something. Neither a pong nor
   * the end is seen while paused, so this has a little read: the next message pauses again.
   */
  breathe(): boolean {
    const { queuedMessages } = this.#owner.app.settings.limits;
    if (!this.#paused || this.size >= queuedMessages * maximumOverflow) return !this.#owner.socket.isPaused;
    this.resume();
    return false;
  }

  #enqueue(event: QueuedEvent): void {
    const { app, socket } = this.#owner;
    const { queuedMessages, bufferedWarning } = app.settings.limits;
    const queue = (this.#queue ??= new Queue<QueuedEvent>());
    queue.push(event);
    this.#queuedBytes += event.bytes;
    // A function may have resumed the socket itself.
    if (this.#closed || (this.#paused && socket.isPaused)) return;
    // A few large messages fill memory as well as many small ones.
    if (queue.size < queuedMessages && this.#queuedBytes < bufferedWarning) return;
    this.#paused = true;
    socket.pause();
  }

  #deliverQueued(): void {
    const { queuedMessages, bufferedWarning } = this.#owner.app.settings.limits;
    while (!this.#busy) {
      const event = this.#queue?.shift();
      if (!event) break;
      this.#queuedBytes -= event.bytes;
      if (this.size === 0) this.#queue = undefined;
      if (this.size <= queuedMessages / 4 && this.#queuedBytes <= bufferedWarning / 4) this.resume();
      this.#run(event.method, event.params);
    }
    if (this.#closed && !this.#busy) this.#owner.finished();
  }

  #run(method: SocketEvent, params: unknown): void {
    // Also for a handler without a promise: what it causes at once has to wait until it returns.
    this.#busy = true;
    if (dispatch(this.#owner.app, this.#context(method, params), this)) this.#busy = false;
  }

  #context(method: SocketEvent, params: unknown): SocketContext {
    const { identity, socket } = this.#owner;
    const { id, url, headers, query, user } = identity;
    this.#count += 1;
    return {
      params,
      method,
      requestId: `${id}-${this.#count}`,
      socket,
      __function_name: reserved.websocket,
      url,
      headers,
      query,
      user,
      auth: user,
      connectionId: id,
    };
  }
}
