import { once } from 'node:events';
import net from 'node:net';
import type { AudienceResult, Counted } from '../jobs.ts';
import { HttpConnection, toGet } from '../connection.ts';

/** Sockets that shake hands at any time. */
const abreast = 50;
/** Milliseconds that a handshake or a message to all may take. */
const patience = 20_000;

const handshake = [
  'GET /__websocket__ HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
].join('\r\n');

/** What came on one socket since the message was asked for. */
interface Listener {
  readonly stream: net.Socket;
  bytes: number;
}

/**
 * WebSockets that only listen, and count bytes rather than read frames: receiving has to cost less than
 * sending, or the time would be the client's.
 */
export class Audience {
  readonly #listeners: Listener[] = [];
  // What comes is counted and not kept: one buffer does for all.
  readonly #buffer = Buffer.alloc(64 * 1024);
  #heard: (listener: Listener) => void = () => {};

  async gather({ port, count }: { readonly port: number; readonly count: number }): Promise<Counted> {
    const begun = performance.now();
    let asked = 0;
    const walk = async (): Promise<void> => {
      while (asked < count) {
        asked += 1;
        await this.#open(port);
      }
    };
    await Promise.all(Array.from({ length: abreast }, walk));
    return { count: this.#listeners.length, failed: count - this.#listeners.length, took: performance.now() - begun };
  }

  /** Asks for a message of `bytes` on the wire to every socket, and waits until each has it. */
  async hear({ port, path, bytes }: { readonly port: number; readonly path: string; readonly bytes: number }): Promise<AudienceResult> {
    const http = await HttpConnection.open(port);
    const cpu = process.cpuUsage();
    const begun = performance.now();
    const all = this.#allHave(bytes);
    const answer = http.request(toGet(path));
    const ended = await all;
    const took = performance.now() - begun;
    const { user, system } = process.cpuUsage(cpu);
    const { status, body } = await answer;
    http.close();
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    const complete = this.#listeners.filter((listener) => listener.bytes === bytes).length;
    return { count: complete, ended, busy: (user + system) / 1_000 / took, answer: body };
  }

  /** Resolves with the time at which the last socket had so many bytes. */
  #allHave(bytes: number): Promise<number> {
    for (const listener of this.#listeners) listener.bytes = 0;
    let missing = this.#listeners.length;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${missing} sockets did not get the message`)), patience);
      this.#heard = (listener) => {
        if (listener.bytes !== bytes) return;
        missing -= 1;
        if (missing > 0) return;
        clearTimeout(late);
        resolve(Number(process.hrtime.bigint()) / 1e6);
      };
    });
  }

  async #open(port: number): Promise<void> {
    let shaken: ((size: number) => void) | undefined;
    const upgraded = new Promise<number>((resolve) => (shaken = resolve));
    const callback = (size: number): boolean => {
      if (shaken) shaken(size);
      else {
        listener.bytes += size;
        this.#heard(listener);
      }
      return true;
    };
    const stream = net.connect({ port, host: '127.0.0.1', onread: { buffer: this.#buffer, callback } });
    const listener: Listener = { stream, bytes: 0 };
    stream.on('error', () => stream.destroy());
    await once(stream, 'connect', { signal: AbortSignal.timeout(patience) });
    stream.write(`${handshake}\r\n\r\n`);
    await upgraded;
    shaken = undefined;
    this.#listeners.push(listener);
  }
}
