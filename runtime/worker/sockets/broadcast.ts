import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Broadcasted } from '../../../sdk/cloud.ts';
import { sendsAtOnce } from '../../internals/ws.ts';
import { type Frame, toFrame } from './frame.ts';
import { ServerSocket } from './server-socket.ts';

/** Milliseconds of sending in one turn of the loop, over all broadcasts. */
const slice = 4;

/**
 * Sends one message to many sockets: framed once, and in slices, so that others have their turn. Per
 * socket a message counts, and is bounded, as one by `send()`.
 */
export class Broadcaster {
  readonly #all: Iterable<unknown>;
  /** The end of the broadcast that was asked for last; undefined: none is under way. */
  #last: Promise<void> | undefined;
  /** When this turn's slice is over; undefined: nothing was sent in this turn. */
  #sliceEnd: number | undefined;

  /** `all` gets the messages that name no sockets. */
  constructor(all: Iterable<unknown>) {
    this.#all = all;
  }

  /**
   * As `cloud.broadcast()` promises. One broadcast goes out after another, so that all sockets get them
   * in the same order.
   */
  async send(data: unknown, sockets: unknown = this.#all): Promise<Broadcasted> {
    const delivery = new Delivery(toFrame(data), toSockets(sockets));
    // A few sockets need no turn of their own: they have the message when the call returns.
    if (this.#last || !delivery.advance(this.#openSlice())) {
      const ended = this.#finish(delivery, this.#last);
      this.#last = ended;
      await ended;
      if (this.#last === ended) this.#last = undefined;
    }
    return { sent: delivery.sent, skipped: delivery.skipped };
  }

  async #finish(delivery: Delivery, before: Promise<void> | undefined): Promise<void> {
    await before;
    while (!delivery.advance(this.#openSlice())) await nextTurn();
  }

  #openSlice(): number {
    if (this.#sliceEnd === undefined) {
      this.#sliceEnd = performance.now() + slice;
      // Runs before what waits for the next turn.
      setImmediate(() => (this.#sliceEnd = undefined));
    }
    return this.#sliceEnd;
  }
}

class Delivery {
  sent = 0;
  skipped = 0;
  readonly #frame: Frame;
  readonly #sockets: readonly ServerSocket[];
  #next = 0;

  constructor(frame: Frame, sockets: readonly ServerSocket[]) {
    this.#frame = frame;
    this.#sockets = sockets;
  }

  /** Sends until then; returns whether all sockets have been served. Never throws. */
  advance(until: number): boolean {
    for (; this.#next < this.#sockets.length; this.#next += 1) {
      // A message may be large: one socket can take longer than a hundred with a small one.
      if (performance.now() >= until) return false;
      const socket = this.#sockets[this.#next];
      if (socket && deliver(socket, this.#frame)) this.sent += 1;
      else this.skipped += 1;
    }
    return true;
  }
}

function deliver(socket: ServerSocket, frame: Frame): boolean {
  if (socket.readyState !== ServerSocket.OPEN) return false;
  const traffic = ServerSocket.trafficOf(socket);
  if (traffic?.stream.destroyed) return false;
  if (traffic && sendsAtOnce(socket)) {
    traffic.stream.write(frame.bytes);
    traffic.countSent(frame.payload.length);
    // Past a `send` that the function may have put in its place, as the lines above.
  } else ServerSocket.prototype.send.call(socket, frame.payload, { binary: frame.isBinary });
  return true;
}

/** The sockets at this moment: they come and go while a message goes out. */
function toSockets(sockets: unknown): ServerSocket[] {
  if (typeof sockets !== 'object' || sockets === null || !isIterable(sockets)) {
    throw new TypeError('broadcast(): sockets is not iterable. Pass an array or a Set of sockets, or nothing for all open sockets.');
  }
  const found: ServerSocket[] = [];
  for (const socket of sockets) {
    if (!isOwned(socket)) {
      throw new TypeError(
        'broadcast(): sockets contains something that is not a socket of this host. Pass the ctx.socket objects themselves; for a Map, its values().',
      );
    }
    found.push(socket);
  }
  return found;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === 'function';
}

function isOwned(value: unknown): value is ServerSocket {
  return value instanceof ServerSocket && ServerSocket.trafficOf(value) !== undefined;
}
