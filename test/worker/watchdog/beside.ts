import { type ChildOutcome, createChildren } from '../functions/child.ts';

/** Runs programs of two threads, each in a process of its own that the second thread ends. */
export interface Beside {
  /** A folder for what they need. */
  readonly dir: string;
  /**
   * Runs `main` once the thread that runs `beside` has sent a message; answers what that one gives to
   * `answer()`. Both have `shared`, five numbers: the main thread sets the last one to say that it has begun.
   */
  run(main: string, beside: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function createBeside(): Promise<Beside> {
  const children = await createChildren();
  const run = async (main: string, beside: string): Promise<unknown> => answerOf(await children.run(program(main, beside)));
  return { dir: children.dir, run, close: () => children.close() };
}

/** The process has no chance to end by itself: its main thread hangs. */
function answerOf({ stderr, signal }: ChildOutcome): unknown {
  if (signal !== 'SIGKILL') throw new Error(stderr);
  return JSON.parse(stderr);
}

function program(main: string, beside: string): string {
  return `
    import { execFileSync } from 'node:child_process';
    import { constants, openSync, writeSync } from 'node:fs';
    import { compileFunction } from 'node:vm';
    import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
    import { Attribution } from 'runtime/kernel/calls/attribution.ts';
    import { MainThreadInspector } from 'runtime/worker/watchdog/inspector.ts';
    import { Pulse } from 'runtime/worker/watchdog/pulse.ts';
    import { slot } from 'runtime/worker/watchdog/shared-flags.ts';
    import { UnsentLines } from 'runtime/worker/watchdog/unsent-lines.ts';
    import { lookInterval, Watchdog } from 'runtime/worker/watchdog/watchdog.ts';

    const shared = isMainThread ? new Int32Array(new SharedArrayBuffer(20)) : workerData;
    const compile = (code, names = [], filename = 'hearth:lib/x@3#1') => compileFunction(code, names, { filename });
    const begun = () => Atomics.wait(shared, 4, 0);
    const answer = (value) => { writeSync(2, JSON.stringify(value)); process.kill(process.pid, 'SIGKILL'); };

    if (isMainThread) {
      const thread = new Worker(new URL(import.meta.url), { workerData: shared, execArgv: [], env: {} });
      thread.once('message', () => { ${main} });
    } else {
      ${beside}
    }
  `;
}
