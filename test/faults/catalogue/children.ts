import { setTimeout as sleep } from 'node:timers/promises';
import { untilGone } from '../../scenario/load.ts';
import type { Scene } from '../scene.ts';
import type { Fault } from './fault.ts';

/** Starts what the function starts, replaces the worker, and waits until it is gone as well. */
async function restartAndLook(scene: Scene): Promise<string> {
  const pids = (await scene.call()).slice(4).split(',').map(Number);
  await sleep(300);
  await scene.host.api('POST', '/v1/worker/restart');
  await untilGone(pids);
  return `200, and ${pids.length === 1 ? 'it is' : 'they are'} gone after POST /v1/worker/restart`;
}

/** Programs and threads that functions start. */
export const children: readonly Fault[] = [
  {
    id: 'spinning-thread',
    fault: 'a `worker_threads` thread that spins: it uses a whole core',
    source:
      "import { Worker } from 'node:worker_threads';\nexport default () => { new Worker('for (;;);', { eval: true }); return String(process.pid); };",
    provoke: restartAndLook,
    guilty: /gone after/,
    others: 'drained',
    log: /requested over the API/,
  },
  {
    id: 'spinning-thread-left',
    fault: 'the same thread, left running',
    alone: true,
    source:
      "import { Worker } from 'node:worker_threads';\nexport default () => { new Worker('for (;;);', { eval: true }); return 'started'; };",
    guilty: /^200 started$/,
  },
  {
    id: 'throwing-thread',
    fault: 'a thread that throws, without a listener',
    source:
      "import { Worker } from 'node:worker_threads';\nexport default () => { new Worker('throw new Error(\"in thread\")', { eval: true }); return 'started'; };",
    guilty: /^200 started$/,
    log: /in thread/,
  },
  {
    id: 'exiting-thread',
    fault: 'a thread that calls `process.exit()`',
    source:
      "import { Worker } from 'node:worker_threads';\nexport default () => { new Worker('process.exit(1)', { eval: true }); return 'started'; };",
    guilty: /^200 started$/,
  },
  {
    id: 'thread-heap',
    fault: 'a thread that fills its heap (limit 256 MB)',
    env: { WORKER_MEMORY_LIMIT_MB: '256' },
    source:
      "import { Worker } from 'node:worker_threads';\nexport default () => { new Worker('const all = []; for (;;) all.push(new Array(1000).fill(all.length));', { eval: true }); return 'started'; };",
    provoke: async (scene) => {
      const pid = await scene.host.workerPid();
      const seen = await scene.call();
      await scene.untilReplaced(pid);
      return seen;
    },
    guilty: /^200 started$/,
    others: 'takeover',
    log: /MB of memory|ended with/,
    blame: { quarantined: false, function: null },
  },
  {
    id: 'programs-left',
    fault: 'three programs left running',
    source:
      "import { spawn } from 'node:child_process';\nexport default () => [1, 2, 3].map(() => spawn('sleep', ['1000'], { stdio: 'ignore' }).pid).join(',');",
    provoke: restartAndLook,
    guilty: /they are gone after/,
    others: 'drained',
  },
  {
    id: 'program-prints',
    fault: 'a program that prints endlessly, with nobody reading it',
    source: "import { spawn } from 'node:child_process';\nexport default () => { spawn('yes'); return 'started'; };",
    guilty: /^200 started$/,
    alone: true,
  },
  {
    id: 'program-prints-to-log',
    fault: 'a program that prints endlessly to the worker’s own output',
    source:
      "import { spawn } from 'node:child_process';\nexport default () => { spawn('yes', ['printed'], { stdio: 'inherit' }); return 'started'; };",
    guilty: /^200 started$/,
    log: /lines of output were dropped/,
    alone: true,
  },
  {
    id: 'program-output',
    fault: "`exec('yes')`: endless output",
    source:
      "import { exec } from 'node:child_process';\nexport default () => new Promise((resolve) => exec('yes', (error: any) => resolve(error.code)));",
    guilty: /^200 ERR_CHILD_PROCESS_STDIO_MAXBUFFER$/,
  },
  {
    id: 'program-missing',
    fault: 'a program that does not exist, without a listener',
    source: "import { spawn } from 'node:child_process';\nexport default () => { spawn('/nowhere/at/all'); return 'ok'; };",
    guilty: /^200 ok$/,
    log: /ENOENT/,
  },
];
