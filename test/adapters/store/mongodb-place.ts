import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { createServer, connect, type Socket, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';
import { openMongoStore, type MongoStoreOptions } from '../../../runtime/adapters/store/mongodb/mongodb-store.ts';
import { findMongod, TestMongod } from '../../mongod.ts';

/** Whether these tests can be skipped: there is no mongod, and nobody relies on them. Says so. */
export function withoutMongod(): boolean {
  const without = findMongod() === undefined && process.env['CI'] === undefined;
  if (without) console.log('The tests of the store on MongoDB are skipped: there is no mongod. Set MONGOD_BIN.');
  return without;
}

/** A mongod and the stores of a test file that were opened on it. */
export class MongoPlace implements AsyncDisposable {
  readonly mongod: TestMongod;
  readonly #stores: FunctionStore[] = [];

  private constructor(mongod: TestMongod) {
    this.mongod = mongod;
  }

  static async start(): Promise<MongoPlace> {
    return new MongoPlace(await TestMongod.start());
  }

  /** The connection string of a database that nobody else uses. */
  uri(): string {
    return this.mongod.uri(`test-${randomUUID()}`);
  }

  /** A store that is closed with the place, if not before. */
  async open(uri: string, more: Partial<MongoStoreOptions> = {}): Promise<FunctionStore> {
    const store = await openMongoStore({ uri, historyLimit: 10, ...more });
    this.#stores.push(store);
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
    await this.mongod[Symbol.asyncDispose]();
  }
}

/** A mongod that nobody has made a replica set of: in none, or in one that is not initiated. */
export class Standalone implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(child: ChildProcess, dir: string, port: number) {
    this.#child = child;
    this.#dir = dir;
    this.port = port;
  }

  static async start(...more: readonly string[]): Promise<Standalone> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const dir = await mkdtemp(join(tmpdir(), 'hearth-standalone-'));
    const args = [
      '--dbpath',
      dir,
      '--port',
      String(port),
      '--bind_ip',
      '127.0.0.1',
      '--nounixsocket',
      '--wiredTigerCacheSizeGB',
      '0.25',
      ...more,
    ];
    return new Standalone(spawn(findMongod() ?? 'mongod', args, { stdio: 'ignore' }), dir, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** A way to a mongod that can be cut and frozen. */
export class Wire implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  readonly #mongod: TestMongod;
  #frozen = false;
  #count = 0;
  readonly #carried = createCounter();

  private constructor(mongod: TestMongod) {
    this.#mongod = mongod;
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(mongod: TestMongod): Promise<Wire> {
    const wire = new Wire(mongod);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  /** The connection string for a new database by this way. */
  uri(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `mongodb://127.0.0.1:${port}/test-${randomUUID()}?directConnection=true`;
  }

  /** Resolves when so many more bytes have passed. */
  async carried(bytes: number): Promise<void> {
    const goal = this.#count + bytes;
    await this.#carried.until(() => this.#count >= goal);
  }

  /** Breaks every connection; new ones can be made. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing through and breaks nothing, as when a cable is pulled, until it is thawed. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    for (const socket of this.#sockets) {
      if (frozen) socket.pause();
      else socket.resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.#mongod.port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => {
            if (!this.#frozen) from.resume();
          });
        }
        this.#count += chunk.length;
        this.#carried.count();
      });
      from.on('error', () => {});
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#frozen) from.pause();
    }
  }
}

/** Counts calls, and waits for the next one. */
export function createCounter() {
  let calls = 0;
  let wake = (): void => {};
  return {
    get calls() {
      return calls;
    },
    count(): void {
      calls += 1;
      wake();
    },
    /** Resolves when `holds` does, which is looked at after each call. */
    async until(holds: () => boolean | Promise<boolean>): Promise<void> {
      while (!(await holds())) {
        const before = calls;
        await new Promise<void>((resolve) => {
          wake = resolve;
          // Called while `holds` was looked at.
          if (calls !== before) resolve();
        });
      }
    },
  };
}
