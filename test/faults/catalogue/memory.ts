import { execFileSync } from 'node:child_process';
import type { Fault } from './fault.ts';
import { type Scene, tally } from '../scene.ts';

const small = { WORKER_MEMORY_LIMIT_MB: '256' };

/** Leaks with each call until the worker is replaced. */
async function leakInCalls(scene: Scene): Promise<string> {
  const pid = await scene.host.workerPid();
  const seen: string[] = [];
  // Four fifths of the limit, and then some time for the watchdog to be sure.
  for (let leaked = 0; leaked < 75; leaked++) seen.push((await scene.call()).slice(0, 3));
  await scene.untilReplaced(pid);
  return tally(seen);
}

/** Code that takes more memory, or more file descriptors, than there are. */
export const memory: readonly Fault[] = [
  {
    id: 'heap-bomb',
    fault: 'a loop that fills an array (limit 256 MB)',
    env: small,
    source: 'export default () => { const all: object[] = []; for (;;) all.push({ n: all.length }); };',
    guilty: /^500 (MEMORY|CPU)_LIMIT_EXCEEDED$/,
    log: /running out of memory|without a pause/,
  },
  {
    id: 'buffer-bomb',
    alone: true,
    fault: 'a loop that fills buffers, gigabytes a second (limit 512 MB)',
    env: { WORKER_MEMORY_LIMIT_MB: '512', FUNCTION_CPU_LIMIT_MS: '5000' },
    source: 'export default () => { const all: Buffer[] = []; for (;;) all.push(Buffer.alloc(1e7, 1)); };',
    guilty: /^500 MEMORY_LIMIT_EXCEEDED$/,
    log: /running out of memory/,
  },
  {
    id: 'huge-array',
    fault: '`new Array(1e9).fill({})` (limit 256 MB)',
    env: small,
    source: 'export default () => new Array(1e9).fill({}).length;',
    guilty: /^cut off: (ECONNRESET|EPIPE)$/,
    others: 'takeover',
    log: /MB of memory|heap is full|was blocked/,
    blame: { quarantined: true },
  },
  {
    id: 'huge-buffer',
    fault: 'a buffer of a terabyte',
    source: 'export default () => Buffer.alloc(2 ** 40).length;',
    guilty: /^500 Internal Server Error$/,
    log: /out of range|allocation failed/i,
  },
  {
    id: 'huge-string',
    fault: 'a string of a gigabyte',
    source: "export default () => 'x'.repeat(2 ** 30);",
    guilty: /^500 Internal Server Error$/,
    log: /Invalid string length/,
  },
  {
    id: 'leak',
    fault: 'a leak of 2 MB per request (limit 256 MB): the worker is replaced before it runs out',
    env: small,
    source: 'const all: Buffer[] = [];\nexport default () => { all.push(Buffer.alloc(2e6, 1)); return String(all.length * 2); };',
    provoke: leakInCalls,
    guilty: /^75 × 200$/,
    others: 'drained',
    log: /being replaced: it is using \d+ MB of memory/,
  },
  {
    id: 'heap-leak',
    fault: 'a leak of 2 MB of objects per request (limit 256 MB): the log names who allocated them',
    env: small,
    source:
      "const all: object[] = [];\nexport default () => { all.push(Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x' + n }))); return String(all.length); };",
    provoke: leakInCalls,
    // A call that allocates this much when memory is short already is stopped.
    guilty: /^(75 × 200|7[1-4] × 200, (\d × )?500)$/,
    others: 'drained',
    log: /being replaced: it is using \d+ MB of memory; heap-leak allocated most of what was sampled/,
  },
  {
    id: 'descriptor-leak',
    fault: 'a leak of 10 file descriptors per request (limit 256): the worker is replaced before it runs out',
    source:
      "import { openSync } from 'node:fs';\nexport default () => { let last = 0; for (let i = 0; i < 10; i++) last = openSync('/dev/null'); return String(last); };",
    prepare: async (scene) => {
      execFileSync('prlimit', ['--pid', String(scene.host.process.pid), '--nofile=256:256']);
      // The standby was started before.
      for (let restart = 0; restart < 2; restart++) {
        await scene.untilReady();
        await scene.host.api('POST', '/v1/worker/restart');
      }
    },
    provoke: async (scene) => {
      const pid = await scene.host.workerPid();
      let last = 0;
      // The clients' own connections come and go.
      while (last < 240) last = Number((await scene.call()).slice(4));
      await scene.untilReplaced(pid);
      return '200';
    },
    guilty: /^200$/,
    others: 'drained',
    log: /being replaced: \d+ of 256 file descriptors are open/,
  },
];
