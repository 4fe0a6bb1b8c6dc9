import { WebSocket } from 'ws';
import { sendsAtOnce } from '../../internals/ws.ts';
import type { EventQueue } from './event-queue.ts';
import { payloadLength, shortFrame } from './frame.ts';
import { callListeners, reportCallback } from './listeners.ts';
import type { Traffic } from './traffic.ts';

type SendData = Parameters<WebSocket['send']>[0];
type SendOptions = Parameters<WebSocket['send']>[1];
type Listener = Parameters<WebSocket['on']>[1];
type SendCallback = (error?: Error) => void;

/** The `ws` socket that functions get as `ctx.socket`: it counts what goes through it and queues what happens to it. */
export class ServerSocket extends WebSocket {
  #events: EventQueue | undefined;
  #traffic: Traffic | undefined;

  // Static, so that functions do not see them on their socket.
  static connect(socket: ServerSocket, events: EventQueue, traffic: Traffic): void {
    // The same functions for all sockets: closures of their own would cost memory on the idle ones.
    socket.on('message', onMessage);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.#events = events;
    socket.#traffic = traffic;
  }

  /** Undefined for anything but a socket of this host: a Proxy has the class of what stands behind it, but not its private fields. */
  static eventsOf(socket: WebSocket): EventQueue | undefined {
    return #events in socket ? socket.#events : undefined;
  }

  static trafficOf(socket: WebSocket): Traffic | undefined {
    return #traffic in socket ? socket.#traffic : undefined;
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
    if (open) this.#traffic?.countSent(byteLength(data));
  }

  /** As in `ws`: throws for a code or a reason that no close frame can carry. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
    // The peer's close frame has to be read.
    this.#events?.resume();
  }

  /** Sends a short message past `ws`, which would write its head by itself; returns whether it did. */
  #sendShort(data: SendData, callback: SendCallback | undefined): boolean {
    const traffic = this.#traffic;
    if (traffic === undefined || !sendsAtOnce(this)) return false;
    const frame = shortFrame(data);
    if (frame === undefined) return false;
    const shielded = callback && this.#shielded(callback);
    if (shielded) traffic.stream.write(frame, (error) => shielded(error ?? undefined));
    else traffic.stream.write(frame);
    traffic.countSent(payloadLength(frame));
    return true;
  }

  /**
   * From the first listener on that a function adds, what a listener throws is logged and goes no further:
   * half-way through a frame it would leave the receiver waiting for ever. Sockets without one, nearly all, do
   * not pay for it.
   */
  #guard(): void {
    const events = this.#events;
    if (events === undefined || Object.hasOwn(this, 'emit')) return;
    const value = (event: string | symbol, ...values: unknown[]): boolean => {
      const heard = callListeners(events, () => super.emit(event, ...values));
      const [code, reason] = values;
      // A listener before the host's own may have thrown, or the function may have removed the host's.
      if (event === 'close' && typeof code === 'number' && Buffer.isBuffer(reason)) events.close(code, reason);
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
        if (this.#events) reportCallback(this.#events, thrown);
      }
    };
  }
}

function onMessage(this: WebSocket, data: WebSocket.RawData, isBinary: boolean): void {
  const bytes = byteLength(data);
  ServerSocket.trafficOf(this)?.countReceived(bytes);
  ServerSocket.eventsOf(this)?.deliver({ kind: 'message', params: { data, isBinary }, bytes });
}

function onError(this: WebSocket, error: Error): void {
  ServerSocket.eventsOf(this)?.deliver({ kind: 'error', params: error, bytes: 0 });
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  ServerSocket.eventsOf(this)?.close(code, reason);
}

/** Bytes of the payload of a message, as `ws` sends or delivers it. */
function byteLength(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  if (Buffer.isBuffer(data)) return data.length;
  if (typeof data === 'number') return String(data).length;
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return data.byteLength;
  if (data instanceof Blob) return data.size;
  if (!Array.isArray(data)) return 0;
  // A received message in fragments, or an array of byte values.
  return data.every((part) => Buffer.isBuffer(part)) ? data.reduce((sum, part) => sum + part.length, 0) : data.length;
}
