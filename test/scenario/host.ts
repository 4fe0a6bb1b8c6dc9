import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** An answer with its body as text and, if it is JSON, parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // What a host answers is what the test is about: it states the shape by its assertions.
  // oxlint-disable-next-line no-explicit-any
  readonly json: any;
}

/** How a test's host is started. */
export interface HostOptions {
  /** A folder of an earlier host; a new one is made, and removed at the end, if absent. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ports of an earlier host; free ones if absent. */
  readonly port?: number;
  readonly consolePort?: number;
}

/** A real host in a process of its own. */
export class TestHost implements AsyncDisposable {
  readonly token = 'scenario-token';
  readonly dataDir: string;
  readonly port: number;
  readonly consolePort: number;
  readonly process: ChildProcess;
  readonly #output: string[];
  readonly #ownsDir: boolean;

  private constructor(child: ChildProcess, output: string[], ports: readonly [number, number], folder: { dir: string; own: boolean }) {
    this.process = child;
    this.#output = output;
    [this.port, this.consolePort] = ports;
    this.dataDir = folder.dir;
    this.#ownsDir = folder.own;
  }

  /** Starts a host; resolves when it is ready, rejects with its output when it ends before. */
  static async start(options: HostOptions = {}): Promise<TestHost> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'hearth-test-')));
    const { PATH = '', HOME = '', MONGOD_BIN = '' } = process.env;
    const env = { PATH, HOME, MONGOD_BIN, ADMIN_TOKEN: 'scenario-token', ...options.env };
    const ports = { PORT: String(options.port ?? 0), CONSOLE_PORT: String(options.consolePort ?? 0), DATA_DIR: dataDir };
    const child = spawn(process.execPath, [program], { env: { ...env, ...ports }, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    const ready = new Promise<[number, number]>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        output.push(chunk.toString());
        const found = /Listening to port (\d+)[^]*API and console: http:\/\/[^:]+:(\d+)/.exec(output.join(''));
        if (found) resolve([Number(found[1]), Number(found[2])]);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code, signal) => reject(new Error(`the host ended (${signal ?? code}):\n${output.join('')}`)));
    });
    return new TestHost(child, output, await ready, { dir: dataDir, own: options.dataDir === undefined });
  }

  /** What the host has printed so far. */
  get output(): string {
    return this.#output.join('');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Calls the control API. */
  async api(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return toAnswer(await fetch(`http://127.0.0.1:${this.consolePort}${path}`, init));
  }

  /** Publishes a function and answers its revision; throws when it is refused. */
  async publish(name: string, source: string, extra: Readonly<Record<string, unknown>> = {}): Promise<number> {
    const answer = await this.api('PUT', `/v1/functions/${encodeURIComponent(name)}`, { source, ...extra });
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`publish ${name}: ${answer.status} ${answer.text}`);
    return answer.json.revision;
  }

  /** Calls a function. */
  async call(path: string, init: RequestInit = {}): Promise<Answer> {
    return toAnswer(await fetch(this.url + path, { redirect: 'manual', ...init }));
  }

  /** Opens a socket. */
  async connect(path = '/__websocket__', options: { headers?: Record<string, string>; protocols?: string[] } = {}): Promise<WebSocket> {
    const { headers = {}, protocols = [] } = options;
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, protocols, { headers });
    await once(socket, 'open');
    return socket;
  }

  /** The pid of the serving worker. */
  async workerPid(): Promise<number> {
    return (await this.api('GET', '/v1/status')).json.worker.pid;
  }

  /** Sends a signal to control and waits until it has ended; answers its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    await exited;
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    if (this.#ownsDir) await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** The next message of a socket, as text. */
export async function nextMessage(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, 'message');
  return String(data);
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}
