import net from 'node:net';
import type { AudienceResult, Counted, GatherJob, Gathered, Heard } from '../jobs.ts';
import { HttpConnection, toGet } from '../connection.ts';
import { toFrame } from './websocket.ts';

/** Sockets that are at the same step at any time. */
const abreast = 50;
/** Milliseconds that one step of one socket, or a message to all, may take. */
const patience = 20_000;

const handshake = [
  'GET /__websocket__ HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
].join('\r\n');

/** The first number for sockets that name their address: below it are other programs' ports. */
const firstPort = 10_000;

/** A close frame of a client with the code 1000; a mask of zeros leaves it as it is. */
const goodbye = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/** What came on one socket since the message was asked for. */
interface Listener {
  readonly stream: net.Socket;
  bytes: number;
  /** Takes what comes instead, while a step is under way; the buffer is everybody's. */
  take: ((bytes: Buffer) => void) | undefined;
}

/** Waiting for a message to all. */
interface Hearing {
  readonly bytes: number;
  readonly begun: number;
  readonly cpu: NodeJS.CpuUsage;
  /** Milliseconds of the machine's monotonic clock; NaN when not all had it in time. */
  readonly ended: Promise<number>;
}

/**
 * WebSockets that mostly listen, and count bytes rather than read frames: receiving has to cost less than
 * sending, or the time would be the client's.
 */
export class Audience {
  #listeners: Listener[] = [];
  // What comes is counted and not kept: one buffer does for all.
  readonly #buffer = Buffer.alloc(64 * 1024);
  #heard: (listener: Listener) => void = () => {};
  #hearing: Hearing | undefined;
  #port = firstPort;

  /** Opens more sockets and keeps them. */
  async gather({ port, count, from }: GatherJob): Promise<Gathered> {
    const cpu = process.cpuUsage();
    const counted = await each(Array.from({ length: count }), () => this.#open(port, from));
    return { ...counted, busy: busyFor(cpu, counted.took) };
  }

  /** Asks for a message of `bytes` on the wire to every socket, and waits until each has it. */
  async hear({ port, path, bytes }: { readonly port: number; readonly path: string; readonly bytes: number }): Promise<AudienceResult> {
    const http = await HttpConnection.open(port);
    this.listen({ bytes });
    const answer = http.request(toGet(path));
    const heard = await this.heard();
    const { status, body } = await answer;
    http.close();
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    if (Number.isNaN(heard.ended)) throw new Error(`only ${heard.count} of ${this.#listeners.length} sockets got the message`);
    return { ...heard, answer: body };
  }

  /** From now on every socket expects a message of `bytes` on the wire, which somebody else asks for. */
  listen({ bytes }: { readonly bytes: number }): void {
    this.#hearing = { bytes, begun: performance.now(), cpu: process.cpuUsage(), ended: this.#allHave(bytes) };
  }

  /** Waits until every socket has what it expects, a bounded time. */
  async heard(): Promise<Heard> {
    if (!this.#hearing) throw new Error('nothing is expected');
    const { bytes, begun, cpu, ended: all } = this.#hearing;
    const ended = await all;
    const busy = busyFor(cpu, performance.now() - begun);
    return { count: this.#listeners.filter((listener) => listener.bytes === bytes).length, ended, busy };
  }

  /** Sends a message of its own on every socket and waits for its echo. */
  talk(): Promise<Counted> {
    return each(this.#listeners, (listener, index) =>
      step(listener, (done, fail) => {
        listener.take = (bytes) => {
          if (bytes.toString('latin1', 2) === String(index)) done();
          else fail(new Error('another message came back'));
        };
        listener.stream.write(toFrame(String(index)));
      }),
    );
  }

  /** Closes every socket by the closing handshake. */
  async leave(): Promise<Counted> {
    const counted = await each(this.#listeners, (listener) =>
      step(listener, (done, fail) => {
        listener.take = (bytes) => {
          if (bytes[0] !== goodbye[0]) fail(new Error('something else came than the close frame'));
          else listener.stream.prependOnceListener('close', done).end();
        };
        listener.stream.write(goodbye);
      }),
    );
    this.#listeners = [];
    return counted;
  }

  /** Ends every socket without a goodbye, which would keep its port taken for a minute. */
  async drop(): Promise<Counted> {
    const counted = await each(this.#listeners, async ({ stream }) => void stream.resetAndDestroy());
    this.#listeners = [];
    return counted;
  }

  /** Resolves with the time at which the last socket had so many bytes. */
  #allHave(bytes: number): Promise<number> {
    for (const listener of this.#listeners) listener.bytes = 0;
    let missing = this.#listeners.length;
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(NaN), patience);
      this.#heard = (listener) => {
        if (listener.bytes !== bytes) return;
        missing -= 1;
        if (missing > 0) return;
        clearTimeout(late);
        resolve(Number(process.hrtime.bigint()) / 1e6);
      };
    });
  }

  #open(port: number, from: string | undefined): Promise<void> {
    const callback = (size: number): boolean => {
      if (listener.take) listener.take(this.#buffer.subarray(0, size));
      else {
        listener.bytes += size;
        this.#heard(listener);
      }
      return true;
    };
    // To look for a free port at an address takes the system the longer the more of them are taken: a millisecond each, soon.
    const source = from === undefined ? {} : { localAddress: from, localPort: this.#port++ };
    const stream = net.connect({ ...source, port, host: '127.0.0.1', onread: { buffer: this.#buffer, callback } });
    const listener: Listener = { stream, bytes: 0, take: undefined };
    stream.on('error', () => stream.destroy());
    return step(listener, (done, fail) => {
      listener.take = (bytes) => {
        if (!bytes.toString('latin1', 0, 12).endsWith('101')) return fail(new Error('the upgrade was refused'));
        this.#listeners.push(listener);
        done();
      };
      stream.once('connect', () => stream.write(`${handshake}\r\n\r\n`));
    });
  }
}

/** One step of one socket: ends as `begin` says, or when the socket closes or has taken too long, which ends the socket. */
async function step(listener: Listener, begin: (done: () => void, fail: (reason: Error) => void) => void): Promise<void> {
  const { stream } = listener;
  let late: NodeJS.Timeout | undefined;
  let closed = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      late = setTimeout(() => reject(new Error('a socket has taken too long')), patience);
      closed = () => reject(new Error('a socket was closed'));
      begin(resolve, reject);
      stream.once('close', closed);
    });
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(late);
    stream.off('close', closed);
    listener.take = undefined;
  }
}

/** Has one step done for each, some of them at a time. */
async function each<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<Counted> {
  const entries = items.entries();
  const begun = performance.now();
  let count = 0;
  let failed = 0;
  const walk = async (): Promise<void> => {
    for (const [index, item] of entries) {
      await work(item, index).then(
        () => count++,
        () => failed++,
      );
    }
  };
  await Promise.all(Array.from({ length: abreast }, walk));
  return { count, failed, took: performance.now() - begun };
}

/** The share of a time in milliseconds in which this process was at work. */
function busyFor(before: NodeJS.CpuUsage, took: number): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / took;
}
