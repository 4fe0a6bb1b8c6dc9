import { once } from 'node:events';
import net from 'node:net';

const upgrade = [
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** A text frame as a client sends it; a mask of zeros leaves the text as it is. At most 125 bytes. */
export function toFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A WebSocket that does as little as a client can, for short messages. */
export class RawWebSocket {
  readonly #socket: net.Socket;
  readonly #onMessage: (payload: Buffer) => void;
  #rest: Buffer | undefined;

  private constructor(socket: net.Socket, onMessage: (payload: Buffer) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
  }

  /** Connects to 127.0.0.1; rejects when the upgrade is refused. `onEnd` is called once, when the connection is gone. */
  static async open(
    port: number,
    onMessage: (payload: Buffer) => void,
    onEnd: () => void = () => {},
    path = '/__websocket__',
  ): Promise<RawWebSocket> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    socket.write(`GET ${path} HTTP/1.1\r\n${upgrade.join('\r\n')}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (!answer.toString('latin1', 0, 12).endsWith('101')) throw new Error(`the upgrade was refused: ${answer.toString()}`);
    const opened = new RawWebSocket(socket, onMessage);
    socket.on('error', () => socket.destroy());
    socket.once('close', onEnd);
    socket.on('data', (chunk: Buffer) => opened.#read(chunk));
    opened.#read(answer.subarray(answer.indexOf('\r\n\r\n') + 4));
    return opened;
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    while (bytes.length > 0) {
      const [first = 0, length = 0] = bytes;
      if (length > 125) throw new Error('a frame longer than this client reads');
      if (bytes.length < 2 || bytes.length < 2 + length) {
        this.#rest = bytes;
        return;
      }
      // Control frames have the bit 8; a host counts any byte as life, so a ping needs no answer here.
      if ((first & 8) === 0) this.#onMessage(bytes.subarray(2, 2 + length));
      bytes = bytes.subarray(2 + length);
    }
  }
}
