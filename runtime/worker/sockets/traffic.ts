import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Log } from '../../kernel/calls/warnings.ts';
import type { WorkerLimits } from '../../kernel/protocol/settings.ts';
import { freeUnwritten } from '../../internals/node-stream.ts';
import type { BufferBudget } from './buffer-budget.ts';

export interface TrafficOptions {
  readonly limits: Pick<WorkerLimits, 'bufferedWarning' | 'bufferedMaximum'>;
  readonly budget: BufferBudget<Traffic>;
  readonly counters: { messagesReceived: number; messagesSent: number };
  readonly log: Log;
}

/** What goes through a socket: how much, and how much of it waits because the client does not read. */
export class Traffic {
  readonly id: string;
  /** What the socket's frames are written to. */
  readonly stream: Duplex;
  received = 0;
  receivedBytes = 0;
  sent = 0;
  sentBytes = 0;
  readonly #options: TrafficOptions;
  readonly #socket: WebSocket;
  #warned = false;

  constructor(options: TrafficOptions, id: string, socket: WebSocket, stream: Duplex) {
    this.id = id;
    this.stream = stream;
    this.#options = options;
    this.#socket = socket;
  }

  get buffered(): number {
    // ws still counts what a destroyed stream will never send.
    return this.stream.destroyed ? 0 : this.#socket.bufferedAmount;
  }

  countReceived(bytes: number): void {
    this.received += 1;
    this.receivedBytes += bytes;
    this.#options.counters.messagesReceived += 1;
  }

  /** A message of so many bytes was handed to the open socket. */
  countSent(bytes: number): void {
    this.sent += 1;
    this.sentBytes += bytes;
    this.#options.counters.messagesSent += 1;
    const buffered = this.#socket.bufferedAmount;
    // Nothing waits unless the client reads more slowly than the function sends.
    if (buffered > 0) this.#checkBacklog(buffered);
  }

  /** Measures the backlog again: a send cannot show that a client has caught up. */
  remeasure(): void {
    const { budget } = this.#options;
    if (budget.size > 0) budget.set(this, this.buffered);
  }

  /** Nothing more will be sent. */
  end(): void {
    this.#options.budget.remove(this);
  }

  discard(): void {
    this.#socket.terminate();
    freeUnwritten(this.stream);
  }

  #checkBacklog(buffered: number): void {
    const { limits, budget, log } = this.#options;
    const fields = { connectionId: this.id };
    if (buffered >= limits.bufferedMaximum) {
      budget.remove(this);
      this.discard();
      log('warn', `Terminated connection ${this.id}: its client is not reading, and ${buffered} bytes are waiting.`, fields);
      return;
    }
    if (buffered >= limits.bufferedWarning && !this.#warned) {
      this.#warned = true;
      log('warn', `The client of connection ${this.id} is reading too slowly: ${buffered} bytes are waiting.`, fields);
    }
    budget.set(this, buffered);
  }
}
