import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JobName, JobOf, Outcome, ResultOf } from './jobs.ts';

function start(program: string): ChildProcess {
  return fork(fileURLToPath(new URL(`./${program}.js`, import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** The next message of a process; rejects when it ends before. */
function nextOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a process of the benchmark has ended'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

/** A process of its own that plays the clients, so that they do not slow the ones who measure. */
export class ClientProcess implements AsyncDisposable {
  readonly #child = start('client');

  get pid(): number {
    return this.#child.pid ?? NaN;
  }

  /** Does one job; jobs are given one after another. */
  async do<N extends JobName>(name: N, job: JobOf<N>): Promise<ResultOf<N>> {
    const next = nextOf(this.#child);
    this.#child.send({ name, job });
    // The process answers by the types of Jobs; both sides are built together.
    const { result, error } = (await next) as Outcome;
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    return result as ResultOf<N>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return end(this.#child);
  }
}

/** A process with the plainest server that does the same, for comparison. */
export class PlainServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves when it listens. */
  static async start(): Promise<PlainServer> {
    const child = start('plain');
    return new PlainServer(child, Number(await nextOf(child)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return end(this.#child);
  }
}
