import { HearthError } from '../../kernel/errors.ts';
import { reserved } from '../../kernel/functions/name.ts';
import { EventInvocation, type Identity, type SocketEvent, type SocketLine } from './context.ts';
import { dispatch, type EventHost, type EventWaiter } from './dispatch.ts';
import { Queue } from './queue.ts';
import { ClosingSignals } from './signals.ts';
import type { ServerSocket } from './socket.ts';
import type { EventWatch, Watched } from './watch.ts';

// A paused socket is read a little at each beat, but not once so many times the limit wait.
const maximumOverflow = 16;

// Waiting events of one socket that are handled in one turn of the loop.
const longestStreak = 100;

/** Port: what the events belong to. Its methods MUST NOT throw. */
export interface EventOwner extends EventHost {
  readonly watch: EventWatch;
  readonly identity: Identity;
  readonly socket: ServerSocket;
  /** Whether the socket is closed, so that no event but the close is still to come. */
  readonly isClosed: boolean;
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
 * handler is pending the others wait, but no longer than its time; when many wait, the socket is not
 * read.
 */
export class EventLine implements EventWaiter, SocketLine, Watched {
  readonly #owner: EventOwner;
  #count = 0;
  /** The event that the others wait for; true while its handler has not even returned. */
  #busy: EventInvocation | boolean = false;
  #paused = false;
  /** Only there once a function has asked for one. */
  #signals: ClosingSignals | undefined;
  /** Only there while something waits: most sockets never need one. */
  #queue: Queue<QueuedEvent> | undefined;
  #queuedBytes = 0;
  /** Waiting events handled since the loop has last turned. */
  #streak = 0;
  /** The watch knows this line until its turn is over. */
  #turn = -1;

  constructor(owner: EventOwner) {
    this.#owner = owner;
  }

  get identity(): Identity {
    return this.#owner.identity;
  }

  get socket(): ServerSocket {
    return this.#owner.socket;
  }

  get pending(): EventInvocation | undefined {
    return typeof this.#busy === 'boolean' ? undefined : this.#busy;
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
    if (this.#queue || this.#owner.isClosed) this.#deliverQueued();
  }

  /** Delivers the close, the last event. */
  close(code: number, reason: Buffer): void {
    this.deliver('WebSocket:close', { code, reason }, 0);
    this.#signals?.abort();
  }

  settled(event: EventInvocation): void {
    // An event that was given up has nobody waiting for it.
    if (this.#busy === event) this.#goOn();
  }

  expire(): void {
    const event = this.pending;
    if (!event) return;
    const { app } = this.#owner;
    app.counters.timeouts += 1;
    const error = new HearthError('EVENT_TIMEOUT', { event: event.method, limit: app.settings.limits.eventTimeout });
    app.failed(error, event);
    event.abort(error);
    this.#goOn();
  }

  abortAtClose(controller: AbortController): void {
    if (this.#owner.isClosed) controller.abort();
    else (this.#signals ??= new ClosingSignals()).add(controller);
  }

  signalEnded(controller: AbortController): void {
    this.#signals?.ended(controller);
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
    if (this.#owner.isClosed || (this.#paused && socket.isPaused)) return;
    // A few large messages fill memory as well as many small ones.
    if (queue.size < queuedMessages && this.#queuedBytes < bufferedWarning) return;
    this.#paused = true;
    socket.pause();
  }

  #goOn(): void {
    if (this.#queue && ++this.#streak >= longestStreak) {
      this.#streak = 0;
      // Handlers that settle at once would go on in one chain of microtasks, before anybody else's turn.
      this.#busy = true;
      setImmediate(() => this.#next());
    } else this.#next();
  }

  #next(): void {
    this.#busy = false;
    this.#deliverQueued();
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
    if (this.#owner.isClosed && !this.#busy) this.#owner.finished();
  }

  /** Hands the event to the function as it is live at this moment; drops the event when there is none. */
  #run(method: SocketEvent, params: unknown): void {
    const owner = this.#owner;
    const module = owner.app.functions.get(reserved.websocket);
    if (!module) return;
    this.#count += 1;
    const { id } = owner.identity;
    const origin = { function: reserved.websocket, revision: module.revision, requestId: `${id}-${this.#count}`, connectionId: id };
    const event = new EventInvocation(origin, this, method);
    // Also for a handler without a promise: what it causes at once has to wait until it returns.
    this.#busy = event;
    if (dispatch(owner, { module, event, params }, this)) this.#busy = false;
    else if (this.#turn !== owner.watch.turn) {
      this.#turn = owner.watch.turn;
      owner.watch.started(this);
    }
  }
}
