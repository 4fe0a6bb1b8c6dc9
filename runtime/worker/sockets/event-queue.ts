import type { WebSocket } from 'ws';
import type { CallBounds } from '../../kernel/calls/bounds.ts';
import { Call } from '../../kernel/calls/call.ts';
import type { CallOrigin } from '../../kernel/calls/current-call.ts';
import { Lifetime } from '../../kernel/calls/lifetime.ts';
import { Queue } from '../../kernel/calls/queue.ts';
import { HearthError } from '../../kernel/errors.ts';
import type { FunctionModule } from '../../kernel/functions/module.ts';
import type { FunctionView } from '../../kernel/functions/function-view.ts';
import type { WorkerLimits } from '../../kernel/protocol/settings.ts';
import { ClosingSignals } from './closing-signals.ts';
import type { Identity } from './identity.ts';

// A paused socket is read a little at each beat, but not once so many times the limit wait.
const maximumOverflow = 16;

// Waiting events of one socket that are handled in one turn of the loop.
const longestStreak = 100;

export interface SocketEvent {
  readonly kind: 'connection' | 'message' | 'close' | 'error';
  readonly params: unknown;
  /** What the event keeps in memory. */
  readonly bytes: number;
}

/** Port: how a dialect's function receives the events of sockets. */
export interface SocketDialect {
  readonly function: string;
  /** What functions and the log know the events as. */
  readonly eventNames: Readonly<Record<SocketEvent['kind'], string>>;
  createContext(call: EventCall): object;
}

export interface SocketTrigger extends CallBounds {
  readonly functions: FunctionView;
  readonly dialect: SocketDialect;
  readonly limits: Pick<WorkerLimits, 'eventTimeout' | 'queuedMessages' | 'bufferedWarning'>;
  /** The socket is closed; its last events may still wait. MUST NOT throw. */
  closed(id: string): void;
  /** The close is handled: nothing follows. MUST NOT throw. */
  finished(id: string): void;
}

export class EventCall extends Call<CallOrigin, SocketTrigger> {
  readonly queue: EventQueue;
  readonly event: SocketEvent;

  constructor(queue: EventQueue, module: FunctionModule, origin: CallOrigin, event: SocketEvent) {
    super(queue.trigger, module, origin);
    this.queue = queue;
    this.event = event;
  }

  /** What a function does at the close, it does for a socket that is closed. */
  override get lifetime(): Lifetime {
    return this.event.kind === 'close' ? super.lifetime : this.queue.lifetime;
  }

  override end(): void {
    super.end();
    if (this.hasSignal) this.queue.signalEnded(this);
  }

  protected override invoke(): unknown {
    const { functions, dialect } = this.bounds;
    return this.calls.invoke(functions, this.module, dialect.createContext(this));
  }

  protected override settled(): void {
    this.end();
    this.queue.settled(this);
  }

  protected override failed(): void {
    this.settled();
  }

  protected override expired(): void {
    this.queue.settled(this);
  }

  protected override timeout(): HearthError {
    const { dialect, limits } = this.bounds;
    return new HearthError('EVENT_TIMEOUT', { event: dialect.eventNames[this.event.kind], limit: limits.eventTimeout });
  }

  protected override watchCaller(): void {
    // What a function does at the close, it does for a socket that is closed.
    if (this.event.kind !== 'close') this.queue.abortAtClose(this);
    if (this.ended) this.queue.signalEnded(this);
  }
}

/**
 * The events of one socket.
 *
 * 1. They reach the function one after another, in order: while a handler is pending the others wait.
 * 2. No event waits longer than the one before it may take; that one then runs on by itself.
 * 3. While as many wait as may, the socket is not read; it is read again when a quarter is left.
 * 4. The close is the last event. Once it is handled the queue is finished.
 * 5. Each event runs wholly on the revision that is live when its turn comes.
 */
export class EventQueue {
  readonly trigger: SocketTrigger;
  readonly identity: Identity;
  readonly socket: WebSocket;
  #count = 0;
  /** The call that the others wait for. `yielding`: the rest goes on in the loop's next turn. */
  #running: EventCall | 'yielding' | undefined;
  #starting = false;
  #paused = false;
  #state: 'open' | 'closed' | 'finished' = 'open';
  /** There once a function has started something. */
  #lifetime: Lifetime | undefined;
  /** There once a function has asked for a signal. */
  #signals: ClosingSignals<EventCall> | undefined;
  /** There while something waits: most sockets never need one. */
  #waiting: Queue<SocketEvent> | undefined;
  #waitingBytes = 0;
  /** Waiting events handled since the loop last turned. */
  #streak = 0;

  constructor(trigger: SocketTrigger, identity: Identity, socket: WebSocket) {
    this.trigger = trigger;
    this.identity = identity;
    this.socket = socket;
  }

  /** Of what the socket's events start and leave running. */
  get lifetime(): Lifetime {
    if (this.#lifetime) return this.#lifetime;
    const { calls, dialect } = this.trigger;
    const lifetime = (this.#lifetime = new Lifetime('live', calls.lifetimes.of(dialect.function)));
    if (this.#state === 'finished') lifetime.retire();
    return lifetime;
  }

  get size(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Hands the event to the function, at once unless a handler is pending. */
  deliver(event: SocketEvent): void {
    if (this.#running) {
      this.#enqueue(event);
      return;
    }
    this.#run(event);
    if (this.#waiting || this.#state !== 'open') this.#deliverWaiting();
  }

  /** Delivers the close, which may be said twice. */
  close(code: number, reason: Buffer): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.trigger.closed(this.identity.id);
    this.deliver({ kind: 'close', params: { code, reason }, bytes: 0 });
    this.#signals?.abort();
  }

  /** The others need not wait for this call any longer. */
  settled(call: EventCall): void {
    if (this.#running !== call) return;
    this.#running = undefined;
    if (!this.#starting) this.#goOn();
  }

  abortAtClose(call: EventCall): void {
    if (this.#state !== 'open') call.abort(undefined);
    else (this.#signals ??= new ClosingSignals()).add(call);
  }

  signalEnded(call: EventCall): void {
    this.#signals?.ended(call);
  }

  /** Reads the socket again if it was paused here. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  /**
   * Whether the socket has been read all the time, so that silence means something. While paused, neither a
   * pong nor the end is seen, so this lets a little be read: the next message pauses again.
   */
  breathe(): boolean {
    if (!this.#paused || this.size >= this.trigger.limits.queuedMessages * maximumOverflow) return !this.socket.isPaused;
    this.resume();
    return false;
  }

  #enqueue(event: SocketEvent): void {
    const { queuedMessages, bufferedWarning } = this.trigger.limits;
    const waiting = (this.#waiting ??= new Queue());
    waiting.push(event);
    this.#waitingBytes += event.bytes;
    // A function may have resumed the socket itself.
    if (this.#state !== 'open' || (this.#paused && this.socket.isPaused)) return;
    // A few large messages fill memory as well as many small ones.
    if (waiting.size < queuedMessages && this.#waitingBytes < bufferedWarning) return;
    this.#paused = true;
    this.socket.pause();
  }

  #goOn(): void {
    if (this.#waiting && ++this.#streak >= longestStreak) {
      this.#streak = 0;
      // Handlers that settle at once would go on in one chain of microtasks, before anybody else's turn.
      this.#running = 'yielding';
      setImmediate(() => {
        this.#running = undefined;
        this.#deliverWaiting();
      });
    } else this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    const { queuedMessages, bufferedWarning } = this.trigger.limits;
    while (!this.#running) {
      const event = this.#waiting?.shift();
      if (!event) break;
      this.#waitingBytes -= event.bytes;
      if (this.size === 0) this.#waiting = undefined;
      if (this.size <= queuedMessages / 4 && this.#waitingBytes <= bufferedWarning / 4) this.resume();
      this.#run(event);
    }
    if (this.#running || this.#state !== 'closed') return;
    this.#state = 'finished';
    this.#lifetime?.retire();
    this.trigger.finished(this.identity.id);
  }

  /** Drops the event when there is no function to receive it. */
  #run(event: SocketEvent): void {
    const { functions, dialect } = this.trigger;
    const module = functions.get(dialect.function);
    if (!module) return;
    this.#count += 1;
    const { id } = this.identity;
    const call = new EventCall(this, module, { requestId: `${id}-${this.#count}`, connectionId: id }, event);
    // What the handler causes at once has to wait until it returns.
    this.#running = call;
    this.#starting = true;
    call.begin();
    this.#starting = false;
  }
}
