import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { vi } from 'vitest';

/** How much load, and of which kind. */
export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  /** Clients that send one request after another on one connection, and open another one when it is lost. */
  readonly keepAlive: number;
  /** Clients that open a connection for each request. */
  readonly fresh: number;
}

/** What has become of the requests so far. Times are milliseconds. */
export interface LoadCounts {
  /** Whole responses, by status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly answered: number;
  /** Connections that were refused. */
  readonly refused: number;
  /** Requests whose connection ended before the whole response was there, without one having been refused. */
  readonly reset: number;
  /** The longest time from sending a request to its response. */
  readonly longestWait: number;
  /** The longest time without a response to anybody. */
  readonly longestGap: number;
}

/** Clients at work over plain sockets, so that no client library retries or hides anything. */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions;
  readonly #statuses = new Map<number, number>();
  readonly #clients: Promise<void>[];
  #refused = 0;
  #reset = 0;
  #longestWait = 0;
  #longestGap = 0;
  #answeredAt = performance.now();
  #stopping = false;

  /** Starts the clients. */
  constructor(options: LoadOptions) {
    this.#options = options;
    const repeat = (count: number, client: () => Promise<void>): Promise<void>[] => Array.from({ length: count }, client);
    this.#clients = [...repeat(options.keepAlive, () => this.#client(true)), ...repeat(options.fresh, () => this.#client(false))];
  }

  get counts(): LoadCounts {
    return {
      statuses: this.#statuses,
      answered: this.#answered,
      refused: this.#refused,
      reset: this.#reset,
      longestWait: this.#longestWait,
      longestGap: this.#longestGap,
    };
  }

  get #answered(): number {
    return [...this.#statuses.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when so many more responses have come. */
  async more(count: number): Promise<void> {
    const goal = this.#answered + count;
    await vi.waitUntil(() => this.#answered >= goal, { timeout: 20_000, interval: 5 });
  }

  /** Lets every client finish its request; resolves when their connections are closed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #client(keepAlive: boolean): Promise<void> {
    while (!this.#stopping) {
      const sentAt = performance.now();
      const socket = net.connect(this.#options.port, '127.0.0.1');
      // A reset also ends the connection; what matters is whether the whole response had come.
      socket.on('error', (error) => {
        if ('code' in error && error.code === 'ECONNREFUSED') this.#refused++;
        else if (!('code' in error && error.code === 'ECONNRESET') && !('code' in error && error.code === 'EPIPE')) throw error;
      });
      const refusedBefore = this.#refused;
      const whole = await this.#requests(socket, keepAlive, sentAt);
      if (!whole && this.#refused === refusedBefore) this.#reset++;
      socket.destroy();
    }
  }

  /** Sends requests on one connection; answers whether the last of them got its whole response. */
  async #requests(socket: net.Socket, keepAlive: boolean, connectedAt: number): Promise<boolean> {
    const reader = new ResponseReader(socket);
    for (let sentAt = connectedAt; ; sentAt = performance.now()) {
      socket.write(`GET ${this.#options.path} HTTP/1.1\r\nHost: load\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`);
      const status = await reader.next();
      if (status === undefined) return false;
      this.#count(status, sentAt);
      if (!keepAlive || this.#stopping || reader.closing) return true;
    }
  }

  #count(status: number, sentAt: number): void {
    const now = performance.now();
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    this.#longestWait = Math.max(this.#longestWait, now - sentAt);
    this.#longestGap = Math.max(this.#longestGap, now - this.#answeredAt);
    this.#answeredAt = now;
  }
}

/** Reads responses that have a Content-Length from a connection. */
class ResponseReader {
  readonly #socket: net.Socket;
  #text = '';
  #wake: () => void = () => {};
  #closing = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  /** Whether the last response has said that it is the last on this connection. */
  get closing(): boolean {
    return this.#closing;
  }

  /** The status of the next whole response; undefined when the connection ends before it has come. */
  async next(): Promise<number | undefined> {
    for (;;) {
      const status = this.#take();
      if (status !== undefined || this.#socket.closed) return status;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(): number | undefined {
    const head = /^HTTP\/1\.1 (\d{3})[^]*?\r\ncontent-length: (\d+)[^]*?\r\n\r\n/i.exec(this.#text);
    if (!head) return undefined;
    const end = head[0].length + Number(head[2]);
    if (this.#text.length < end) return undefined;
    this.#text = this.#text.slice(end);
    this.#closing = /\r\nconnection: close\r\n/i.test(head[0]);
    return Number(head[1]);
  }
}

/** A connection on which nothing is sent. */
export async function connectSilently(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** The pids of a process's own children, oldest first (Linux only). */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}

/** The pids of a host's workers, oldest first (Linux only). */
export async function workersOf(hostPid: number): Promise<readonly number[]> {
  const workers: number[] = [];
  for (const pid of await childrenOf(hostPid)) {
    // A child may be gone by now.
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('worker.js')) workers.push(pid);
  }
  return workers;
}

/** Resolves when none of the processes runs any more (Linux only). Nobody may have reaped them yet. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await vi.waitUntil(async () => !(await isRunning(pid)), { timeout: 10_000, interval: 20 });
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return state !== '' && state !== 'Z' && state !== 'X';
}

/** A process's pid; throws when it could not be started. */
export function pidOf(child: { readonly pid?: number | undefined }): number {
  if (child.pid === undefined) throw new Error('the process could not be started');
  return child.pid;
}
