import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionInfo } from '../../kernel/protocol/connections.ts';
import { EventQueue, type SocketTrigger } from './event-queue.ts';
import type { Identity } from './identity.ts';
import { ServerSocket } from './server-socket.ts';
import { Traffic, type TrafficOptions } from './traffic.ts';

// Pings that may go unanswered before the peer counts as gone.
const maximumMisses = 2;

export interface ConnectionOptions extends TrafficOptions {
  readonly trigger: SocketTrigger;
}

/** One WebSocket from its handshake to the end of its last event: who it is, its events, its traffic, whether it lives. */
export class Connection {
  readonly identity: Identity;
  readonly socket: ServerSocket;
  readonly traffic: Traffic;
  /** Where the heartbeat has the connection. */
  slice = -1;
  readonly #events: EventQueue;
  readonly #since = Date.now();
  #bytesRead = 0;
  #misses = 0;

  constructor(options: ConnectionOptions, identity: Identity, socket: ServerSocket, stream: Duplex) {
    this.identity = identity;
    this.socket = socket;
    this.traffic = new Traffic(options, identity.id, socket, stream);
    this.#events = new EventQueue(options.trigger, identity, socket);
    ServerSocket.connect(socket, this.#events, this.traffic);
  }

  /** Tells the function of the connection; called once, before any other event can come. */
  open(): void {
    this.#events.deliver({ kind: 'connection', params: null, bytes: 0 });
  }

  info(): ConnectionInfo {
    const { id, url, user } = this.identity;
    const { received, receivedBytes, sent, sentBytes, buffered, stream } = this.traffic;
    return {
      id,
      user: toJson(user),
      url,
      // Not kept: asking for it costs each idle socket more memory than it is worth.
      remoteAddress: (stream instanceof Socket && stream.remoteAddress) || '',
      since: this.#since,
      received,
      receivedBytes,
      sent,
      sentBytes,
      buffered,
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

  /** Pings the peer; terminates the socket when nothing has come from it since the last two pings. */
  beat(): void {
    const { socket } = this;
    this.traffic.remeasure();
    // A function that removes all listeners of its socket takes the close away from the host as well.
    if (socket.readyState === socket.CLOSED) this.#events.close(1006, Buffer.alloc(0));
    if (socket.readyState !== socket.OPEN) return;
    if (this.#events.breathe() && this.#isSilent()) socket.terminate();
    else socket.ping();
  }

  #isSilent(): boolean {
    const { stream } = this.traffic;
    // Counts every byte, so that neither pongs nor messages need a listener or a mark of their own.
    const bytesRead = stream instanceof Socket ? stream.bytesRead : this.#bytesRead + 1;
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#misses = 0;
    }
    this.#misses += 1;
    return this.#misses > maximumMisses;
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
