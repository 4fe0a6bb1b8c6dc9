import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ConnectionInfo } from '../../kernel/protocol/connections.ts';
import { Invocation } from '../../kernel/calls/invocation.ts';
import { reserved } from '../../kernel/functions/name.ts';
import type { App } from '../process/app.ts';
import type { Identity } from './context.ts';
import { EventLine, type EventOwner } from './events.ts';
import type { Beating } from './heartbeat.ts';
import type { BufferBudget, Buffering } from './budget.ts';
import type { FailureLog } from './failures.ts';
import { byteLength, ServerSocket, type SocketOwner } from './socket.ts';
import type { EventWatch } from './watch.ts';

// Pings that may go unanswered before the peer counts as gone.
const maximumMisses = 2;

/** Port: who keeps the connections. Its methods MUST NOT throw. */
export interface ConnectionKeeper {
  readonly app: App;
  readonly failures: FailureLog;
  readonly watch: EventWatch;
  readonly budget: BufferBudget;
  /** The socket is closed. */
  closed(connection: Connection): void;
  /** The last event is handled: nothing follows. */
  finished(connection: Connection): void;
}

/** One WebSocket from its handshake to the end of its last event: who it is, what it counts, whether it lives. */
export class Connection implements SocketOwner, EventOwner, Beating, Buffering {
  readonly identity: Identity;
  readonly socket: ServerSocket;
  /** Where the heartbeat has the connection. */
  slice = -1;
  readonly #keeper: ConnectionKeeper;
  readonly #stream: Duplex;
  readonly #since = Date.now();
  readonly #events: EventLine;
  #closed = false;
  #warned = false;
  #received = 0;
  #receivedBytes = 0;
  #sent = 0;
  #sentBytes = 0;
  #bytesRead = 0;
  #misses = 0;

  constructor(keeper: ConnectionKeeper, identity: Identity, socket: ServerSocket, stream: Duplex) {
    this.identity = identity;
    this.socket = socket;
    this.#keeper = keeper;
    this.#stream = stream;
    this.#events = new EventLine(this);
    ServerSocket.adopt(socket, this, stream);
  }

  get app(): App {
    return this.#keeper.app;
  }

  get failures(): FailureLog {
    return this.#keeper.failures;
  }

  get watch(): EventWatch {
    return this.#keeper.watch;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get buffered(): number {
    // A stream that was destroyed still counts what it will never send.
    return this.#stream.destroyed ? 0 : this.socket.bufferedAmount;
  }

  /** Tells the function of the connection; called once, before any other event can come. */
  open(): void {
    this.#events.deliver('WebSocket:connection', null, 0);
  }

  /** The row of the connection table. */
  info(): ConnectionInfo {
    return {
      id: this.identity.id,
      user: toJson(this.identity.user),
      url: this.identity.url,
      // Not kept: asking for it costs each idle socket more memory than it is worth.
      remoteAddress: (this.#stream instanceof Socket && this.#stream.remoteAddress) || '',
      since: this.#since,
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      sent: this.#sent,
      sentBytes: this.#sentBytes,
      buffered: this.buffered,
      queued: this.#events.size,
    };
  }

  /** Whether the text, in lower case, is part of the id, of the URL or of the user. */
  mentions(text: string): boolean {
    const { id, url, user } = this.identity;
    if (id.includes(text) || url.toLowerCase().includes(text)) return true;
    // Most sockets have none.
    return user !== null && user !== undefined && toText(user).toLowerCase().includes(text);
  }

  received(data: WebSocket.RawData, isBinary: boolean): void {
    const bytes = byteLength(data);
    this.#received += 1;
    this.#receivedBytes += bytes;
    this.app.counters.messagesReceived += 1;
    this.#events.deliver('WebSocket:message', { data, isBinary }, bytes);
  }

  sent(bytes: number): void {
    this.#sent += 1;
    this.#sentBytes += bytes;
    this.app.counters.messagesSent += 1;
    const buffered = this.socket.bufferedAmount;
    // Nothing waits unless the client reads more slowly than the function sends.
    if (buffered > 0) this.#backlog(buffered);
  }

  heard(call: () => boolean): boolean {
    const { scope, pulse, functions } = this.app;
    const invocation = scope.getStore() ?? this.#listening();
    const outer = pulse.enter(functions.get(invocation.function)?.mark ?? 0);
    try {
      return scope.run(invocation, call);
    } catch (thrown) {
      this.failures.report(thrown, invocation);
      return true;
    } finally {
      pulse.leave(outer);
    }
  }

  threw(thrown: unknown): void {
    this.failures.report(thrown, this.app.scope.getStore() ?? this.#listening());
  }

  errored(error: Error): void {
    this.#events.deliver('WebSocket:error', error, 0);
  }

  closing(): void {
    // The peer's answer to the close frame has to be read.
    this.#events.resume();
  }

  closed(code: number, reason: Buffer): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keeper.budget.remove(this);
    this.#keeper.closed(this);
    this.#events.close(code, reason);
  }

  finished(): void {
    this.#keeper.finished(this);
  }

  /** Pings the peer; terminates the socket when nothing has come from it since the last two pings. */
  beat(): void {
    const { socket } = this;
    const { budget } = this.#keeper;
    // Who has caught up is not known from a send.
    if (budget.size > 0) budget.set(this, this.buffered);
    // A function that removes all listeners of its socket takes the close away from the host as well.
    if (socket.readyState === socket.CLOSED) this.closed(1006, Buffer.alloc(0));
    if (socket.readyState !== socket.OPEN) return;
    if (this.#events.breathe() && this.#isSilent()) socket.terminate();
    else socket.ping();
  }

  discard(): void {
    ServerSocket.discard(this.socket, this.#stream);
  }

  /** What listeners of a function's own run in: nothing else tells whose they are. */
  #listening(): Invocation {
    const { id } = this.identity;
    const revision = this.app.functions.get(reserved.websocket)?.revision ?? 0;
    const invocation = new Invocation({ function: reserved.websocket, revision, requestId: `${id}-0`, connectionId: id });
    invocation.end();
    return invocation;
  }

  #isSilent(): boolean {
    // Counts every byte, so that neither pongs nor messages need a listener or a mark of their own.
    const bytesRead = this.#stream instanceof Socket ? this.#stream.bytesRead : this.#bytesRead + 1;
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#misses = 0;
    }
    this.#misses += 1;
    return this.#misses > maximumMisses;
  }

  #backlog(buffered: number): void {
    const { id } = this.identity;
    const { bufferedWarning, bufferedMaximum } = this.app.settings.limits;
    if (buffered >= bufferedMaximum) {
      this.#keeper.budget.remove(this);
      this.discard();
      this.app.log('warn', `Terminated connection ${id}: its client is not reading, and ${buffered} bytes are waiting.`, {
        connectionId: id,
      });
      return;
    }
    if (buffered >= bufferedWarning && !this.#warned) {
      this.#warned = true;
      this.app.log('warn', `The client of connection ${id} is reading too slowly: ${buffered} bytes are waiting.`, { connectionId: id });
    }
    this.#keeper.budget.set(this, buffered);
  }
}

/** The value as JSON carries it; null for what JSON cannot. */
function toJson(value: unknown): unknown {
  const text = toText(value);
  return text === '' ? null : JSON.parse(text);
}

/** The value in JSON; empty for what JSON cannot carry. */
function toText(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}
