import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';

/** The mongod that tests use: `MONGOD_BIN`, else one on the path; undefined where there is none. */
export function findMongod(): string | undefined {
  const { MONGOD_BIN } = process.env;
  if (MONGOD_BIN !== undefined && existsSync(MONGOD_BIN)) return MONGOD_BIN;
  try {
    return execFileSync('sh', ['-c', 'command -v mongod'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** A real mongod in a process of its own: a replica set of one member on a free port, with a folder that goes with it. */
export class TestMongod implements AsyncDisposable {
  readonly port: number;
  readonly #bin: string;
  readonly #dir: string;
  #child: ChildProcess | undefined;

  private constructor(bin: string, dir: string, port: number) {
    this.#bin = bin;
    this.#dir = dir;
    this.port = port;
  }

  /** Starts one; resolves when it is the primary of its set. */
  static async start(): Promise<TestMongod> {
    const bin = findMongod();
    if (bin === undefined) throw new Error('There is no mongod: set MONGOD_BIN.');
    const made = new TestMongod(bin, await mkdtemp(join(tmpdir(), 'hearth-mongod-')), await freePort());
    await made.restart();
    return made;
  }

  /** The connection string for a database of this name. */
  uri(database: string): string {
    return `mongodb://127.0.0.1:${this.port}/${database}?replicaSet=test`;
  }

  /** Starts it again on the same port with the same data; resolves when it is the primary. */
  async restart(): Promise<void> {
    const args = ['--dbpath', this.#dir, '--port', String(this.port), '--bind_ip', '127.0.0.1', '--replSet', 'test', '--nounixsocket'];
    // Else it takes half of the machine's memory.
    this.#child = spawn(this.#bin, [...args, '--wiredTigerCacheSizeGB', '0.25', '--quiet'], { stdio: 'ignore' });
    const client = new MongoClient(`mongodb://127.0.0.1:${this.port}/?directConnection=true`, { serverSelectionTimeoutMS: 20_000 });
    try {
      await client.connect();
      const config = { _id: 'test', members: [{ _id: 0, host: `127.0.0.1:${this.port}` }] };
      await client
        .db('admin')
        .command({ replSetInitiate: config })
        .catch(() => {});
      while ((await client.db('admin').command({ hello: 1 })).isWritablePrimary !== true)
        await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      await client.close();
    }
  }

  /** Ends it by a signal; resolves when it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
