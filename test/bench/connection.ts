import { once } from 'node:events';
import net from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

type Taker = (answer: RawAnswer) => void;

/**
 * A kept-alive HTTP/1.1 connection that does as little as a client can: so the server is what is
 * measured. It knows answers with a Content-Length only.
 */
export class HttpConnection {
  readonly #socket: net.Socket;
  readonly #onEnd: (error: Error) => void;
  readonly #takers: Taker[] = [];
  #rest: Buffer | undefined;
  #error = new Error('the connection was closed');

  private constructor(socket: net.Socket, onEnd: (error: Error) => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => (this.#error = error));
    socket.once('close', () => this.#onEnd(this.#error));
  }

  /** Connects to 127.0.0.1; rejects when nobody listens. `onEnd` is called once, when the connection is gone. */
  static async open(port: number, onEnd: (error: Error) => void = () => {}): Promise<HttpConnection> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new HttpConnection(socket, onEnd);
  }

  /** How many requests have no answer yet. */
  get outstanding(): number {
    return this.#takers.length;
  }

  /** Sends the bytes of a whole request; `take` gets its answer. */
  send(request: string | Buffer, take: Taker): void {
    this.#takers.push(take);
    this.#socket.write(request);
  }

  /** Sends a request; resolves with its answer, rejects after ten seconds without one. */
  request(request: string | Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no answer within 10 s')), 10_000);
      this.send(request, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    while (bytes.length > 0) {
      const headEnd = bytes.indexOf('\r\n\r\n');
      const head = headEnd < 0 ? '' : bytes.toString('latin1', 0, headEnd);
      const end = headEnd + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (headEnd < 0 || bytes.length < end) {
        this.#rest = bytes;
        return;
      }
      const answer = { status: Number(head.slice(9, 12)), body: bytes.toString('utf8', headEnd + 4, end) };
      bytes = bytes.subarray(end);
      this.#takers.shift()?.(answer);
    }
  }
}

/** The bytes of a GET. */
export function toGet(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** The bytes of a POST of JSON. */
export function toPost(path: string, body: string): Buffer {
  const head = ['Host: 127.0.0.1', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}
