import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Builder, createBuilder } from '../../../../runtime/build/builder.ts';
import { workerFlags } from '../../../../runtime/control/app/workers/worker-flags.ts';
import { WorkerProcess } from '../../../../runtime/control/app/workers/worker-process.ts';
import { settings as defaults } from '../../../sdk/host.ts';
import { entry } from './real-workers.ts';

let dir: string;
let builder: Builder;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-listener-'));
  await mkdir(join(dir, 'uploads'));
  builder = createBuilder();
});

afterAll(async () => {
  await builder.close();
  await rm(dir, { recursive: true, force: true });
});

async function start(source: string): Promise<WorkerProcess> {
  const settings = { ...defaults, packagesDir: dir, uploadDir: join(dir, 'uploads') };
  const flags = workerFlags({ entry, settings, permissions: 'full' });
  const nothing = (): void => {};
  const worker = new WorkerProcess({
    entry,
    flags,
    settings,
    onLogs: nothing,
    onMetrics: nothing,
    onLoad: nothing,
    onLoaded: nothing,
    onReport: nothing,
    onExit: nothing,
  });
  onTestFinished(async () => {
    worker.kill();
    await worker.ended;
  });
  const { compiled } = await builder.build({ name: 'a', source });
  await worker.load([{ name: 'a', revision: 1, methods: undefined, code: compiled.code, map: compiled.map }]).loaded;
  return worker;
}

async function run(worker: WorkerProcess): Promise<string> {
  const request = { method: 'GET', query: '', headers: {}, body: '', bodyEncoding: 'utf8' } as const;
  return (await worker.call('run', { name: 'a', requestId: 'r1', request }, 20_000)).response.body;
}

/** Why control ends a worker whose function runs this code. */
async function reasonFor(code: string): Promise<unknown> {
  const worker = await start(`
    import fs from 'node:fs';
    import v8 from 'node:v8';
    import { spawn } from 'node:child_process';
    const frame = (bytes: Buffer) => { const size = Buffer.alloc(4); size.writeUInt32BE(bytes.length); return Buffer.concat([size, bytes]); };
    const say = (message: unknown) => fs.writeSync(3, frame(v8.serialize(message)));
    export default () => { ${code}; return 'done'; };`);
  await run(worker).catch(() => 'lost');
  await worker.ended;
  return worker.facts({ code: null, signal: null }, []).reason;
}

const garbled = (what: string): unknown => ({ cause: 'garbled', what });

describe('listen() ends a worker', () => {
  it.each([
    ['framed bytes', 'fs.writeSync(3, frame(Buffer.from("nonsense")))'],
    ['lines of text', 'fs.writeSync(3, Buffer.alloc(64, 0)); fs.writeSync(3, "not a message\\n".repeat(99))'],
    ['text, whose length would be 1.8 GB', 'fs.writeSync(3, "nonsense".repeat(9))'],
    ['a message that is cut short', 'fs.writeSync(3, frame(v8.serialize({ type: "logs", records: [1, 2, 3] }).subarray(0, 12)))'],
  ])('whose channel carries %s, which are no message', async (_, code) => {
    expect(await reasonFor(code)).toEqual(garbled('the worker sent bytes that are no message'));
  });

  it.each([
    ['null', 'say(null)'],
    ['an unknown type', 'say({ type: "hello" })'],
    ['records that are no list', 'say({ type: "logs", records: "x" })'],
    ['a record without a level that exists', 'say({ type: "logs", records: [{ time: 1, level: "loud", message: "x" }] })'],
    ['an error that the catalogue does not have', 'say({ type: "failure", id: 1, error: { code: "NO_SUCH", message: "x" } })'],
    ['metrics that lack some', 'say({ type: "metrics", metrics: { requests: 1 } })'],
  ])('that says %s', async (_, code) => {
    expect(await reasonFor(code)).toEqual(garbled('the worker sent a message that no worker sends'));
  });

  it.each([
    ['no JSON', 'fs.writeSync(4, "{ no JSON\\n")'],
    ['a report without evidence', String.raw`fs.writeSync(4, '{"type":"stuck"}\n')`],
    ['a list', 'fs.writeSync(4, "[1, 2]\\n")'],
  ])('whose watchdog reports %s', async (_, code) => {
    expect(await reasonFor(code)).toEqual(garbled('the watchdog sent a report that no watchdog sends'));
  });

  it('whose channel is closed', async () => {
    expect(await reasonFor('fs.closeSync(3)')).toEqual(garbled("the worker's channel to the host was closed"));
  });
});

describe('the descriptors of the host', () => {
  it.each([
    ['spawn() with numbers', "spawn('true', { stdio: [0, 1, 2, 3, 4] })"],
    ['spawn() with an object that has a descriptor', "spawn('true', [], { stdio: ['ignore', 'ignore', 'ignore', { fd: 4 } as never] })"],
    ['fork()', "fork('x.js', { stdio: ['ignore', 'ignore', 'ignore', 3, 'ipc'] })"],
    ['spawnSync()', "spawnSync('true', { stdio: [0, 1, 2, 3] })"],
    ['execSync()', "execSync('true', { stdio: [0, 1, 2, 4] as never })"],
  ])('are refused to %s', async (_, call) => {
    const worker = await start(`
      import { execSync, fork, spawn, spawnSync } from 'node:child_process';
      void [execSync, fork, spawn, spawnSync];
      export default () => { try { ${call}; return 'started'; } catch (error) { return (error as any).code; } };`);
    expect(await run(worker)).toBe('DESCRIPTOR_REFUSED');
  });

  it.each([
    ['that is detached', "{ detached: true, stdio: ['ignore', 'pipe', 'inherit'] }"],
    ['with six inherited ones', "{ stdio: ['inherit', 'pipe', 'inherit', 'inherit', 'inherit', 'inherit'].slice(0, 3) as never }"],
    ['with the environment of a child of Node', "{ env: { ...process.env, NODE_CHANNEL_FD: '3' }, stdio: ['ignore', 'pipe', 'ignore'] }"],
  ])('are not inherited by a program %s', async (_, options) => {
    const worker = await start(`
      import { spawn } from 'node:child_process';
      export default () => new Promise((resolve) => {
        let text = '';
        const program = spawn('/bin/sh', ['-c', 'readlink /proc/self/fd/3 /proc/self/fd/4; echo none'], ${options});
        program.stdout!.on('data', (chunk) => (text += chunk));
        program.once('close', () => resolve(text.trim().split(/\\s+/).join()));
      });`);
    expect(await run(worker)).toBe('none');
  });
});
