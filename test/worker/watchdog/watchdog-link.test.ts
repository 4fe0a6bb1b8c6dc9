import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { workerFlags } from '../../../runtime/control/app/workers/worker-flags.ts';
import { defaultLimits } from '../../limits.ts';

let root: string;

/** A worker that hangs as soon as it has told its watchdog what that has to know. */
const program = `
  import { compileFunction } from 'node:vm';
  import { createWatchdogLink } from 'runtime/worker/watchdog/watchdog-link.ts';
  const { flags, notify, unsent } = createWatchdogLink(process.argv[2] === 'orphan' ? -1 : process.ppid);
  notify({ type: 'limits', cpuTime: 100, stuckTime: 300, memory: 4096 });
  notify({ type: 'mark', id: 1, mark: { function: 'lib/x', revision: 3 } });
  flags[2] = 1;
  unsent.add('last words');
  compileFunction('\\nfor (;;);', [], { filename: 'hearth:lib/x@3#1' })();
`;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'hearth-link-')));
  for (const folder of ['dist', 'node_modules', 'app', 'uploads']) await mkdir(join(root, folder));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  const worker = join(root, 'worker.ts');
  await writeFile(worker, program);
  await build({
    entryPoints: { worker, watchdog: resolve('runtime/worker/watchdog/watchdog-thread.ts') },
    outdir: join(root, 'dist'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { runtime: resolve('runtime') },
  });
});

afterAll(() => rm(root, { recursive: true }));

/** What the watchdog of a worker writes until it says that the worker is stuck, and how that ends. */
async function watch(permissions: 'full' | 'restricted', ...args: readonly string[]): Promise<{ reports: unknown[]; signal: unknown }> {
  const entry = join(root, 'dist/worker.js');
  const settings = { limits: defaultLimits, packagesDir: join(root, 'app'), uploadDir: join(root, 'uploads') };
  const flags = workerFlags({ entry, settings, permissions });
  const child = spawn(process.execPath, [...flags, entry, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ignore', 'pipe'],
    detached: true,
  });
  const exit = once(child, 'exit');
  const [, , , , stream] = child.stdio;
  const reports: unknown[] = [];
  if (!(stream instanceof Readable)) throw new Error('there is no pipe for reports');
  for await (const line of createInterface({ input: stream })) {
    const report: unknown = JSON.parse(line);
    reports.push(report);
    if (Reflect.get(Object(report), 'type') === 'stuck') child.kill('SIGKILL');
  }
  const [, signal] = await exit;
  return { reports, signal };
}

const mark = { function: 'lib/x', revision: 3 };
const running = { type: 'running', mark };
const stuck = { type: 'stuck', blockedMs: expect.any(Number), mark, lines: ['last words'] };

it('the thread reports a worker that hangs, with its stack and its last lines', async () => {
  const frames = [{ ...mark, line: 2, column: expect.any(Number) }];
  expect(await watch('full')).toEqual({ reports: [running, { ...stuck, frames }], signal: 'SIGKILL' });
});

it('the thread of a restricted worker reports the same without a stack: nobody may inspect there', async () => {
  expect(await watch('restricted')).toEqual({ reports: [running, { ...stuck, frames: [] }], signal: 'SIGKILL' });
});

it('the thread ends a worker that is no longer the child of its control', async () => {
  expect(await watch('full', 'orphan')).toEqual({ reports: [], signal: 'SIGKILL' });
});
