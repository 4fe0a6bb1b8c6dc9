import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RealWorkers } from './real-workers.ts';

const no = "() => { throw new Error('replaced'); }";
const fixed = (owner: string, name: string): string =>
  `Object.defineProperty(${owner}, '${name}', { value: ${no}, writable: false, configurable: false });`;

/** Ways to leave a worker that turns and serves nobody, each for good. */
const deadly: Readonly<Record<string, string>> = {
  emit: fixed("require('node:events').prototype", 'emit'),
  write: fixed("require('node:net').Socket.prototype", 'write'),
  header: fixed("require('node:http').ServerResponse.prototype", 'writeHead'),
};

let dir: string;
let workers: RealWorkers;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-probe-'));
  for (const name of ['a', 'b', 'c']) execFileSync('mkfifo', [join(dir, name)]);
  const sources = Object.entries(deadly).map(([name, code]) => [
    name,
    `declare const require: any; export default () => { ${code} return 'done'; };`,
  ]);
  const read = (how: string): string =>
    `import fs from 'node:fs'; import { readFile } from 'node:fs/promises'; void readFile;
     export default () => { for (let n = 0; n < 20; n++) { ${how} } return 'done'; };`;
  const fifo = (name: string): string => JSON.stringify(join(dir, name));
  workers = await RealWorkers.start({
    ...Object.fromEntries(sources),
    fine: "export default () => 'fine';",
    busy: 'export default () => { const end = Date.now() + 300; while (Date.now() < end); return "busy"; };',
    callbacks: read(`fs.readFile(${fifo('a')}, () => {});`),
    promises: read(`readFile(${fifo('b')}).catch(() => {});`),
    streams: read(`fs.createReadStream(${fifo('c')}).on('error', () => {});`),
  });
});

afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** Calls a function and waits for the worker after the one that it broke; returns the report. */
async function reportOf(name: string): Promise<(typeof workers.crashes)[number] | undefined> {
  await expect.poll(() => workers.pid, { timeout: 20_000 }).not.toBe(0);
  const { pid } = workers;
  const second = new Promise((resolve) => setTimeout(resolve, 1_000));
  await Promise.race([workers.call(name).catch(() => 'lost'), second]);
  await expect.poll(() => workers.pid !== 0 && workers.pid !== pid, { timeout: 50_000 }).toBe(true);
  expect(await workers.call('fine')).toBe('200 fine');
  return workers.crashes.findLast((crash) => crash.pid === pid);
}

describe('WorkerProbe', { timeout: 90_000 }, () => {
  it.each(Object.keys(deadly))('replaces a worker that turns and serves nobody after %s, with a report', async (name) => {
    expect(await reportOf(name)).toMatchObject({ cause: 'unserved' });
  });

  it.each(['callbacks', 'promises', 'streams'])(
    'replaces a worker whose threads all read what never comes, and names the function: %s',
    async (name) => {
      expect(await reportOf(name)).toMatchObject({ cause: 'unserved', place: { function: name, revision: 1 } });
    },
  );

  it('leaves a worker that is merely busy', async () => {
    await expect.poll(() => workers.pid, { timeout: 20_000 }).not.toBe(0);
    const { pid } = workers;
    const until = Date.now() + 12_000;
    while (Date.now() < until) await Promise.all(Array.from({ length: 8 }, () => workers.call('busy')));
    expect(workers.pid).toBe(pid);
  });
});
