import { setTimeout as delay } from 'node:timers/promises';
import { broadcastSource } from './broadcast.ts';
import { echoSource } from './functions.ts';
import { BenchHost, type WorkerMemory } from './host.ts';
import type { Counted, Gathered, Heard } from './jobs.ts';
import { messageLength } from './plain-broadcast.ts';
import { ClientProcess } from './process.ts';

/** A message with its frame. */
const bytes = messageLength + 4;

/** What one client process may be asked to hold, and where it connects from. */
export interface Seats {
  /** Sockets of one client process. */
  readonly room: number;
  /** The address of the next client process; undefined: the system's choice. */
  address(): string | undefined;
}

/** What one broadcast has shown. Times are milliseconds of the machine's monotonic clock. */
export interface Broadcasted {
  readonly begun: number;
  readonly ended: number;
  readonly sent: number;
  readonly complete: number;
  readonly block: number;
  readonly cpu: number;
  /** Of the client process that was at work most. */
  readonly busy: number;
}

/** A host with a crowd of sockets, in as many client processes as it takes. */
export class Station implements AsyncDisposable {
  readonly bench: BenchHost;
  readonly #seats: Seats;
  readonly #clients: { readonly process: ClientProcess; readonly from: string | undefined; count: number }[] = [];
  #empty: WorkerMemory = { heapUsed: NaN, rss: NaN, sockets: NaN };

  private constructor(bench: BenchHost, seats: Seats) {
    this.bench = bench;
    this.#seats = seats;
  }

  /** Starts a host that serves and has no sockets yet. */
  static async start(env: Readonly<Record<string, string>>, seats: Seats): Promise<Station> {
    const bench = await BenchHost.start(env);
    await bench.publish('__websocket__', echoSource(1));
    await bench.publish('broadcast', broadcastSource);
    return new Station(bench, seats);
  }

  /** What `weigh()` answered while there was no socket yet. */
  get empty(): WorkerMemory {
    return this.#empty;
  }

  /** The worker's memory when its garbage was collected and it has had so many milliseconds to give the pages back to the system. */
  async weigh(rest: number): Promise<WorkerMemory> {
    await this.bench.memory();
    await delay(rest);
    const memory = await this.bench.memory();
    if (this.size === 0 && Number.isNaN(this.#empty.rss)) this.#empty = memory;
    return memory;
  }

  /** Sockets that were opened. */
  get size(): number {
    return this.#clients.reduce((sum, { count }) => sum + count, 0);
  }

  /** Opens sockets until there are so many. */
  async grow(size: number): Promise<Gathered> {
    let total: Gathered = { count: 0, failed: 0, took: 0, busy: 0 };
    for (let missing = size - this.size; missing > 0; missing = size - this.size) {
      const client = this.#seat();
      const { process, from, count: before } = client;
      const count = Math.min(missing, this.#seats.room - before);
      const gathered = await process.do('gather', { port: this.bench.port, count, ...(from !== undefined && { from }) });
      client.count += gathered.count;
      total = { ...addUp(total, gathered), busy: Math.max(total.busy, gathered.busy) };
      // Whoever refuses goes on refusing.
      if (gathered.failed > 0) break;
    }
    return total;
  }

  /** Each socket says something and waits for its echo. */
  talk(): Promise<Counted> {
    return this.#each('talk');
  }

  /** Each socket leaves. */
  async leave(): Promise<Counted> {
    const left = await this.#each('leave');
    for (const client of this.#clients) client.count = 0;
    return left;
  }

  /** From now on every socket expects a message. */
  async listen(): Promise<void> {
    await Promise.all(this.#clients.map(({ process }) => process.do('listen', { bytes })));
  }

  /** Has the message broadcast, and waits until the last socket has it, a bounded time. */
  async broadcast(): Promise<Broadcasted> {
    const answer = JSON.parse(await this.bench.call('/broadcast')) as Pick<Broadcasted, 'begun' | 'sent' | 'block' | 'cpu'>;
    const heard: readonly Heard[] = await Promise.all(this.#clients.map(({ process }) => process.do('heard', {})));
    return {
      ...answer,
      ended: Math.max(...heard.map(({ ended }) => ended)),
      complete: heard.reduce((sum, { count }) => sum + count, 0),
      busy: Math.max(...heard.map(({ busy }) => busy)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Before the host, which would have to say goodbye to all of them. A client that does not answer has ended already.
    await Promise.allSettled(this.#clients.map(({ process }) => process.do('drop', {})));
    await Promise.all(this.#clients.map(({ process }) => process[Symbol.asyncDispose]()));
    await this.bench[Symbol.asyncDispose]();
  }

  /** A client process that has room. */
  #seat(): { readonly process: ClientProcess; readonly from: string | undefined; count: number } {
    const last = this.#clients.at(-1);
    if (last && last.count < this.#seats.room) return last;
    const client = { process: new ClientProcess(), from: this.#seats.address(), count: 0 };
    this.#clients.push(client);
    return client;
  }

  async #each(job: 'talk' | 'leave'): Promise<Counted> {
    let total: Counted = { count: 0, failed: 0, took: 0 };
    for (const { process } of this.#clients) total = addUp(total, await process.do(job, {}));
    return total;
  }
}

/** What was done in two parts, one after the other. */
export function addUp(one: Counted, other: Counted): Counted {
  return { count: one.count + other.count, failed: one.failed + other.failed, took: one.took + other.took };
}
