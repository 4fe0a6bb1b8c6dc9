import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../../../../runtime/build/builder.ts';
import type { WorkerExit } from '../../../../runtime/control/app/workers/worker-end.ts';
import { workerFlags } from '../../../../runtime/control/app/workers/worker-flags.ts';
import { WorkerProcess } from '../../../../runtime/control/app/workers/worker-process.ts';
import type { BuiltFunction } from '../../../../runtime/kernel/functions/revision.ts';
import type { LogRecord } from '../../../../runtime/kernel/ports/logger.ts';
import type { WorkerMetrics } from '../../../../runtime/kernel/protocol/metrics.ts';
import { settings as defaults } from '../../../sdk/host.ts';
import { entry } from './real-workers.ts';

let dir: string;
let builder: Builder;
let worker: WorkerProcess;
let exits: WorkerExit[];
let metrics: WorkerMetrics[];
let logs: LogRecord[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-worker-'));
  const uploadDir = join(dir, 'uploads');
  await mkdir(uploadDir);
  builder = createBuilder();
  [exits, metrics, logs] = [[], [], []];
  const settings = { ...defaults, packagesDir: dir, uploadDir };
  worker = new WorkerProcess({
    entry,
    flags: workerFlags({ entry, settings, permissions: 'full' }),
    settings,
    onLogs: (records) => void logs.push(...records),
    onMetrics: (_worker, report) => void metrics.push(report),
    onLoad: () => {},
    onLoaded: () => {},
    onReport: () => {},
    onExit: (_worker, exit) => void exits.push(exit),
  });
});

afterEach(async () => {
  worker.kill();
  await worker.ended;
  await builder.close();
  await rm(dir, { recursive: true, force: true });
});

async function built(source: string): Promise<BuiltFunction> {
  const { compiled } = await builder.build({ name: 'a', source });
  return { name: 'a', revision: 1, methods: undefined, code: compiled.code, map: compiled.map };
}

/** Runs the live function `a`, and returns the body of its response. */
async function run(): Promise<string> {
  const request = { method: 'GET', query: '', headers: {}, body: '', bodyEncoding: 'utf8' } as const;
  return (await worker.call('run', { name: 'a', requestId: 'r1', request }, 10_000)).response.body;
}

describe('WorkerProcess', () => {
  it('is empty, then loading, then loaded, then serving, and ended for good', async () => {
    expect(worker.state).toEqual({ kind: 'empty' });
    worker.load([]);
    expect(worker.state).toEqual({ kind: 'loading' });
    await worker.loaded;
    await expect.poll(() => worker.state).toEqual({ kind: 'loaded' });
    const since = worker.serves();
    expect(worker.state).toEqual({ kind: 'serving', since });
    worker.kill();
    await worker.ended;
    expect(worker.state).toEqual({ kind: 'ended' });
    expect(exits).toEqual([{ code: null, signal: 'SIGKILL' }]);
    expect(worker.facts({ code: null, signal: 'SIGKILL' }, []).servedMs).toBeGreaterThanOrEqual(0);
  });

  it('runs the functions that it was given, and passes on their log', async () => {
    await worker.load([await built("export default () => { console.log('here'); return 'ran'; };")]).loaded;
    expect(await run()).toBe('ran');
    await expect.poll(() => logs.map(({ message }) => message)).toContain('here');
  });

  it('rejects calls with WORKER_UNAVAILABLE when it ends before it responds, and after', async () => {
    await worker.load([await built('export default () => new Promise(() => {});')]).loaded;
    const pending = run();
    worker.kill();
    await expect(pending).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
    await worker.ended;
    await expect(run()).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
  });

  it('rejects a call with WORKER_UNAVAILABLE that takes longer than its timeout', async () => {
    await worker.load([await built('export default () => new Promise(() => {});')]).loaded;
    const request = { method: 'GET', query: '', headers: {}, body: '', bodyEncoding: 'utf8' } as const;
    const call = worker.call('run', { name: 'a', requestId: 'r1', request }, 100);
    await expect(call).rejects.toMatchObject({
      code: 'WORKER_UNAVAILABLE',
      details: { reason: 'the worker has not responded for 100 ms.' },
    });
  });

  it('tells nobody of the end of one that is being replaced', async () => {
    await worker.load([]).loaded;
    worker.leaves();
    worker.kill();
    await worker.ended;
    expect(exits).toEqual([]);
  });

  it('keeps the first reason that it is ended for', async () => {
    await worker.load([]).loaded;
    worker.endFor({ cause: 'silent', seconds: 1 });
    worker.endFor({ cause: 'silent', seconds: 2 });
    await worker.ended;
    expect(worker.facts({ code: null, signal: null }, []).reason).toEqual({ cause: 'silent', seconds: 1 });
  });

  // Elsewhere nothing tells a zombie from a program that runs.
  it.skipIf(process.platform !== 'linux')('takes the programs that its functions have started, and its uploads, with it', async () => {
    const source = "import { spawn } from 'node:child_process'; export default () => String(spawn('sleep', ['600']).pid);";
    await worker.load([await built(source)]).loaded;
    const program = Number(await run());
    expect(isAlive(program)).toBe(true);
    worker.kill();
    await worker.ended;
    await expect.poll(() => isAlive(program)).toBe(false);
    await expect.poll(() => readdir(join(dir, 'uploads'))).toEqual([]);
  });

  it('reports its metrics by itself', async () => {
    await worker.load([await built("export default () => 'ran';")]).loaded;
    await expect.poll(() => metrics.at(-1)?.functions).toBe(1);
    expect(worker.metrics).toEqual(metrics.at(-1));
  });
});

/** A program that has ended and that nobody has waited for is a zombie. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
