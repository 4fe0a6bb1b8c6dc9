import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../test/bench/peers/', import.meta.url);
/** Milliseconds that a peer may take to start, and to end. */
const patience = 20_000;
/** Linux counts the CPU time of processes in hundredths of a second. */
const tick = 10;

/** Whether there is anything to measure beside: the peers are a package of their own. */
export function arePeersInstalled(): boolean {
  return existsSync(new URL('node_modules/.package-lock.json', folder));
}

/** The version of an installed peer, which Hearth itself may be made of; throws when there is none. */
function versionOf(name: string): string {
  const places = [folder, new URL('../../', import.meta.url)].map((place) => new URL(`node_modules/${name}/package.json`, place));
  const place = places.find((url) => existsSync(url));
  if (place === undefined) throw new Error('it is not installed');
  const text = readFileSync(place, 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** CPU time in milliseconds that a process and the children it has waited for have used; NaN where nobody counts it. */
export function cpuTimeOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold spaces. Of what follows, 12 to 15 are the times.
    const times = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    return times.reduce((sum, time) => sum + Number(time), 0) * tick;
  } catch {
    return NaN;
  }
}

/** A program of the benchmark in a process of its own, which ends with its channel. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(path: string) {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, NODE_ENV: 'production' };
    // What peers print about themselves is no figure.
    this.#child = fork(path, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#child.pid ?? NaN;
  }

  /** The next message; rejects when the process ends before. */
  next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null): void => reject(new Error(`its process has ended (${signal ?? code})`));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        resolve(message);
      });
    });
  }

  send(message: object): void {
    this.#child.send(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    // It may have to end processes of its own, so it is not killed.
    if (this.#child.connected) this.#child.disconnect();
    await exited;
    clearTimeout(late);
  }
}

/** What is measured: where it listens, and whose CPU time is its own. */
export interface Server {
  readonly name: string;
  readonly version: string;
  readonly port: number;
  readonly pid: number;
}

/** One of the peers, serving. */
export class Peer implements Server, AsyncDisposable {
  readonly name: string;
  readonly version: string;
  readonly port: number;
  readonly pid: number;
  readonly #program: Program;

  private constructor(program: Program, { name, version, port, pid }: Server) {
    this.name = name;
    this.version = version;
    this.port = port;
    this.pid = pid;
    this.#program = program;
  }

  /** Starts `test/bench/peers/<program>.mjs`, which serves with a package, or with Node alone; rejects when it cannot. */
  static start(name: string, program: string, packageName: string): Promise<Peer> {
    const version = packageName.startsWith('node:') ? process.versions.node : versionOf(packageName);
    return Peer.#start(new URL(`${program}.mjs`, folder), name, version);
  }

  /** Starts the plain server of the other benchmarks: the `ws` that Hearth itself uses, with nothing around it. */
  static startPlain(version: string): Promise<Peer> {
    return Peer.#start(new URL('./plain.js', import.meta.url), 'ws', version);
  }

  static async #start(url: URL, name: string, version: string): Promise<Peer> {
    const program = new Program(fileURLToPath(url));
    const late = setTimeout(() => void program[Symbol.asyncDispose](), patience);
    try {
      const { port, pid } = toAddress(await program.next(), program.pid);
      return new Peer(program, { name, version, port, pid });
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}

/** Some tell their port only, some a port and the process behind them. */
function toAddress(message: unknown, pid: number): { readonly port: number; readonly pid: number } {
  if (typeof message === 'number') return { port: message, pid };
  return message as { readonly port: number; readonly pid: number };
}

/** What a generator has counted, and how busy it was meanwhile: 1 is a whole core. */
export interface Generated {
  readonly count: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly took: number;
  readonly busy: number;
}

/** A generator of load in a process of its own. */
export class Generator<Job extends object> implements AsyncDisposable {
  readonly #program: Program;

  private constructor(url: URL) {
    this.#program = new Program(fileURLToPath(url));
  }

  /** One of `test/bench/peers`: a well-kept tool, or a peer's own client. */
  static ofPeers<Job extends object>(program: string): Generator<Job> {
    return new Generator(new URL(`${program}.mjs`, folder));
  }

  /** One that is built beside this benchmark. */
  static ofBench<Job extends object>(program: string): Generator<Job> {
    return new Generator(new URL(`./${program}.js`, import.meta.url));
  }

  /** Does one job; jobs are given one after another. */
  async run(job: Job): Promise<Generated> {
    const next = this.#program.next();
    this.#program.send(job);
    const { result, error } = (await next) as { readonly result?: Generated; readonly error?: string };
    if (result === undefined) throw new Error(error ?? 'a generator answered nothing');
    return result;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}
