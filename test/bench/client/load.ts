import { HttpConnection, toGet } from '../connection.ts';
import type { LoadJob, LoadResult } from '../jobs.ts';
import { RawWebSocket, toFrame } from './websocket.ts';

/** Messages on their way at any time. */
const pipeline = 32;
/** Milliseconds that answers may take to come once nothing is sent any more. */
const patience = 5_000;

/** Clients that want an answer to everything they send: HTTP on kept-alive connections, and one WebSocket that does not wait. */
export class Load {
  readonly #connections: HttpConnection[] = [];
  #socket: RawWebSocket | undefined;
  #ended = false;
  #requests = 0;
  #answered = 0;
  #stale = 0;
  #messages = 0;
  #echoes = 0;
  #begun = 0;
  #cpu = process.cpuUsage();

  async start({ port, clients, path }: LoadJob): Promise<void> {
    const request = toGet(path);
    this.#begun = performance.now();
    this.#cpu = process.cpuUsage();
    for (let client = 0; client < clients; client++) {
      const connection = await HttpConnection.open(port);
      this.#connections.push(connection);
      this.#ask(connection, request, 0);
    }
    this.#socket = await RawWebSocket.open(port, (payload) => this.#echo(payload.toString()));
    for (let ahead = 0; ahead < pipeline; ahead++) this.#say();
  }

  /** Stops sending and waits for the rest, a bounded time; answers what was lost. */
  async settle(): Promise<LoadResult> {
    this.#ended = true;
    const { user, system } = process.cpuUsage(this.#cpu);
    const busy = (user + system) / 1_000 / (performance.now() - this.#begun);
    const until = performance.now() + patience;
    while ((this.#answered < this.#requests || this.#echoes < this.#messages) && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const connection of this.#connections) connection.close();
    this.#socket?.close();
    return {
      requests: this.#requests,
      lostRequests: this.#requests - this.#answered,
      stale: this.#stale,
      messages: this.#messages,
      lostMessages: this.#messages - this.#echoes,
      busy,
    };
  }

  #ask(connection: HttpConnection, request: Buffer, seen: number): void {
    this.#requests++;
    connection.send(request, ({ status, body }) => {
      const version = Number(/"version":(\d+)/.exec(body)?.[1] ?? NaN);
      if (status === 200 && !Number.isNaN(version)) this.#answered++;
      if (version < seen) this.#stale++;
      if (!this.#ended) this.#ask(connection, request, version);
    });
  }

  #say(): void {
    this.#socket?.send(toFrame(String(this.#messages++)));
  }

  #echo(text: string): void {
    // One that is missing or out of order makes all that follow count as lost too: nobody can overlook it.
    if (text === String(this.#echoes)) this.#echoes++;
    if (!this.#ended) this.#say();
  }
}
