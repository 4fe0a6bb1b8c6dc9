import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { payloadOf, shortFrame } from './short.ts';

type SendData = Parameters<WebSocket['send']>[0];
type SendOptions = Parameters<WebSocket['send']>[1];
type Listener = Parameters<WebSocket['on']>[1];
type SendCallback = (error?: Error) => void;

const nothing = Buffer.alloc(0);

/** Port: whoever a socket belongs to. Its methods MUST NOT throw. */
export interface SocketOwner {
  /** A message came in. */
  received(data: WebSocket.RawData, isBinary: boolean): void;
  /** A message of so many bytes was handed to an open socket. */
  sent(bytes: number): void;
  errored(error: Error): void;
  /** Calls listeners that functions may have added; what they throw goes no further. */
  heard(call: () => boolean): boolean;
  /** Something threw that the socket called. */
  threw(thrown: unknown): void;
  /** The closing handshake begins from this side. */
  closing(): void;
  /** The socket is closed: nothing follows. It may be said twice. */
  closed(code: number, reason: Buffer): void;
}

/** The `ws` socket that functions get as `ctx.socket`: it tells its owner what goes through it. */
export class ServerSocket extends WebSocket {
  #owner: SocketOwner | undefined;
  #stream: Duplex | undefined;

  // Static, so that functions do not see it on their socket.
  /** Gives the socket its owner, once; `stream` is what its frames are written to. */
  static adopt(socket: ServerSocket, owner: SocketOwner, stream: Duplex): void {
    // The same functions for all sockets: closures of their own would cost memory on the idle ones.
    socket.on('message', onMessage);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.#owner = owner;
    socket.#stream = stream;
  }

  /** Whom the socket belongs to. */
  static ownerOf(socket: WebSocket): SocketOwner | undefined {
    return #owner in socket ? socket.#owner : undefined;
  }

  /**
   * What a whole frame may be written to right away; undefined when only `send()` keeps the order: `ws`
   * holds back frames, for a Blob that it still reads, or is amid a message in fragments. It tells neither,
   * so that this looks at its own fields, and finds nothing should they change.
   */
  static streamOf(socket: ServerSocket): Duplex | undefined {
    if (!('_sender' in socket)) return undefined;
    const { _sender: sender } = socket;
    if (typeof sender !== 'object' || sender === null || !('_state' in sender) || !('_firstFragment' in sender)) return undefined;
    return sender._state === 0 && sender._firstFragment === true ? socket.#stream : undefined;
  }

  /** Terminates the socket and frees at once what it has not sent, rather than when the loop turns. */
  static discard(socket: ServerSocket, stream: Duplex): void {
    socket.terminate();
    const state: unknown = Reflect.get(stream, '_writableState');
    const buffered: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'buffered') : undefined;
    if (!Array.isArray(buffered)) return;
    const entries: readonly unknown[] = buffered;
    for (const entry of entries) if (typeof entry === 'object' && entry !== null) Reflect.set(entry, 'chunk', nothing);
  }

  override on(event: string | symbol, listener: Listener): this {
    this.#guard();
    return super.on(event, listener);
  }

  override addListener(event: string | symbol, listener: Listener): this {
    this.#guard();
    return super.addListener(event, listener);
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    this.#guard();
    return super.prependListener(event, listener);
  }

  override removeAllListeners(event?: string | symbol): this {
    // An 'error' that nobody listens to is thrown.
    this.#guard();
    return event === undefined ? super.removeAllListeners() : super.removeAllListeners(event);
  }

  /** As in `ws`: throws a `TypeError` for what is no data; on a closed socket only `callback` learns of it. */
  override send(data: SendData, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    // `bufferedAmount` of a closed socket counts what was never sent.
    const open = this.readyState === WebSocket.OPEN;
    if (open && (options === undefined || typeof options === 'function') && this.#sendShort(data, options ?? callback)) return;
    if (typeof options === 'function') super.send(data, this.#shielded(options));
    else if (options === undefined) super.send(data, callback && this.#shielded(callback));
    else super.send(data, options, callback && this.#shielded(callback));
    if (open) this.#owner?.sent(byteLength(data));
  }

  /** As in `ws`: throws for a code or a reason that no close frame can carry. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
    this.#owner?.closing();
  }

  /** Sends a short message past `ws`, which would write its head by itself; answers whether it did. */
  #sendShort(data: SendData, callback: SendCallback | undefined): boolean {
    const stream = ServerSocket.streamOf(this);
    if (stream === undefined) return false;
    const frame = shortFrame(data);
    if (frame === undefined) return false;
    const heard = callback && this.#shielded(callback);
    if (heard) stream.write(frame, (error) => heard(error ?? undefined));
    else stream.write(frame);
    this.#owner?.sent(payloadOf(frame));
    return true;
  }

  /**
   * From the first listener on that a function adds, what a listener throws is logged and goes no
   * further: half-way through a frame it would leave the receiver waiting for ever. Sockets without
   * one, nearly all, do not pay for it.
   */
  #guard(): void {
    const owner = this.#owner;
    if (owner === undefined || Object.hasOwn(this, 'emit')) return;
    const value = (event: string | symbol, ...values: unknown[]): boolean => {
      const heard = owner.heard(() => super.emit(event, ...values));
      const [code, reason] = values;
      // A listener before the owner's may have thrown, or the function may have removed the owner's.
      if (event === 'close' && typeof code === 'number' && Buffer.isBuffer(reason)) owner.closed(code, reason);
      return heard;
    };
    Object.defineProperty(this, 'emit', { value, writable: true, configurable: true });
  }

  // A stream whose callback throws forgets the callbacks after it, and then never ends.
  #shielded(callback: SendCallback): SendCallback {
    return (error) => {
      try {
        callback(error);
      } catch (thrown) {
        this.#owner?.threw(thrown);
      }
    };
  }
}

function onMessage(this: WebSocket, data: WebSocket.RawData, isBinary: boolean): void {
  ServerSocket.ownerOf(this)?.received(data, isBinary);
}

function onError(this: WebSocket, error: Error): void {
  ServerSocket.ownerOf(this)?.errored(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  ServerSocket.ownerOf(this)?.closed(code, reason);
}

/** Bytes of the payload of a message, as `ws` sends or delivers it. */
export function byteLength(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  if (Buffer.isBuffer(data)) return data.length;
  if (typeof data === 'number') return String(data).length;
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return data.byteLength;
  if (data instanceof Blob) return data.size;
  if (!Array.isArray(data)) return 0;
  // A received message in fragments, or an array of byte values.
  return data.every((part) => Buffer.isBuffer(part)) ? data.reduce((sum, part) => sum + part.length, 0) : data.length;
}
