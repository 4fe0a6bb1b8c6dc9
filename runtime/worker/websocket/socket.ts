import { WebSocket } from 'ws';

type SendData = Parameters<WebSocket['send']>[0];
type SendOptions = Parameters<WebSocket['send']>[1];
type SendCallback = (error?: Error) => void;

/** Port: whoever a socket belongs to. Its methods MUST NOT throw. */
export interface SocketOwner {
  /** A message came in. */
  received(data: WebSocket.RawData, isBinary: boolean): void;
  /** A message of so many bytes was handed to an open socket. */
  sent(bytes: number): void;
  errored(error: Error): void;
  /** The closing handshake begins from this side. */
  closing(): void;
  /** The socket is closed: nothing follows. */
  closed(code: number, reason: Buffer): void;
}

/** The `ws` socket that functions get as `ctx.socket`: it tells its owner what goes through it. */
export class ServerSocket extends WebSocket {
  #owner: SocketOwner | undefined;

  // Static, so that functions do not see it on their socket.
  /** Gives the socket its owner, once. */
  static adopt(socket: ServerSocket, owner: SocketOwner): void {
    socket.#owner = owner;
    // The same functions for all sockets: closures of their own would cost memory on the idle ones.
    socket.on('message', onMessage);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** Whom the socket belongs to. */
  static ownerOf(socket: WebSocket): SocketOwner | undefined {
    return #owner in socket ? socket.#owner : undefined;
  }

  /** As in `ws`: throws a `TypeError` for what is no data; on a closed socket only `callback` learns of it. */
  override send(data: SendData, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    // `bufferedAmount` of a closed socket counts what was never sent.
    const open = this.readyState === WebSocket.OPEN;
    if (typeof options === 'function') super.send(data, options);
    else if (options === undefined) super.send(data, callback);
    else super.send(data, options, callback);
    if (open) this.#owner?.sent(byteLength(data));
  }

  /** As in `ws`: throws for a code or a reason that no close frame can carry. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
    this.#owner?.closing();
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
