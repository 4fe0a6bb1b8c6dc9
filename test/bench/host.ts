import { execFileSync } from 'node:child_process';
import { TestHost } from '../scenario/host.ts';
import { HttpConnection, toGet } from './connection.ts';

/** Collects garbage, then answers the worker's memory and what is open. */
const memorySource = `
import cloud from '@lafjs/cloud';
import v8 from 'node:v8';
import vm from 'node:vm';
v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
export default async () => {
  for (let round = 0; round < 4; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { ...process.memoryUsage(), sockets: cloud.sockets.size };
};`;

/** Bytes of the worker after garbage collection, and how many sockets it has. */
export interface WorkerMemory {
  readonly heapUsed: number;
  readonly rss: number;
  readonly sockets: number;
}

/** A host with kept-alive connections to its two ports. */
export class BenchHost implements AsyncDisposable {
  readonly host: TestHost;
  readonly #api: HttpConnection;
  #functions: HttpConnection | undefined;
  #hasMemory = false;

  private constructor(host: TestHost, api: HttpConnection) {
    this.host = host;
    this.#api = api;
  }

  /** Starts a host that prints and keeps no more than its start; resolves when it serves. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<BenchHost> {
    return BenchHost.over(await TestHost.start({ env: { LOG_LEVEL: 'warn', ...env } }));
  }

  /** Connects to a host that serves, and ends it in the end. */
  static async over(host: TestHost): Promise<BenchHost> {
    return new BenchHost(host, await HttpConnection.open(host.consolePort));
  }

  get port(): number {
    return this.host.port;
  }

  /** Publishes a function; answers the milliseconds from request to answer. Throws when it is refused. */
  async publish(name: string, source: string): Promise<number> {
    const body = JSON.stringify({ source });
    const head = [
      `PUT /v1/functions/${encodeURIComponent(name)} HTTP/1.1`,
      'Host: 127.0.0.1',
      `Authorization: Bearer ${this.host.token}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const begun = performance.now();
    const answer = await this.#api.request(`${head.join('\r\n')}\r\n\r\n${body}`);
    const took = performance.now() - begun;
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`publish ${name}: ${answer.status} ${answer.body}`);
    return took;
  }

  /** Calls a function by GET and answers the body; throws unless the status is 200. */
  async call(path: string): Promise<string> {
    // A host closes a connection that has been idle for a minute.
    this.#functions ??= await HttpConnection.open(this.port, () => (this.#functions = undefined));
    const answer = await this.#functions.request(toGet(path));
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  }

  /** Publishes the function that tells it at the first call: what it takes to collect garbage is not to be in other measurements. */
  async memory(): Promise<WorkerMemory> {
    if (!this.#hasMemory) await this.publish('memory', memorySource);
    this.#hasMemory = true;
    return JSON.parse(await this.call('/memory')) as WorkerMemory;
  }

  /** Bytes of memory that control, and the workers by pid, have resident. */
  resident(): { readonly control: number; readonly workers: ReadonlyMap<number, number> } {
    const own = this.host.process.pid;
    const workers = new Map<number, number>();
    let control = 0;
    for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' }).split('\n')) {
      const [pid = 0, parent = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number);
      if (pid === own) control = kilobytes * 1024;
      // The programs of the builder are children as well, but are no Node and stay small.
      else if (parent === own) workers.set(pid, kilobytes * 1024);
    }
    return { control, workers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#api.close();
    this.#functions?.close();
    await this.host[Symbol.asyncDispose]();
  }
}
