import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TestHost } from './host.ts';

// Each case ends workers twice before its function is disabled.
const env = { WORKER_STUCK_MS: '600', FUNCTION_CPU_LIMIT_MS: '300', INIT_TIMEOUT_MS: '3000' };

/** What `__init__` does by the variable `DEADLY`; without it, it does not load. */
const init = `import { execSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { match } from '@/lib';
const deed = process.env.DEADLY;
if (!deed) throw new Error('not now');
if (deed === 'pattern') match('a'.repeat(60) + '!');
if (deed === 'own pattern') /^(a+)+\\1$/.test('a'.repeat(60) + '!');
export default async () => {
  if (deed === 'shell') execSync('kill -9 $PPID');
  if (deed === 'crash') execSync('kill -SEGV $PPID');
  if (deed === 'group') { await new Promise((resolve) => setTimeout(resolve, 50)); execSync('kill -9 0'); }
  if (deed === 'heap') { const all: unknown[] = []; all.push(Array(1e9).fill(0).map((_, n) => ({ n }))); return all; }
  if (deed === 'host') execSync('kill -9 ' + process.ppid);
  if (deed === 'once') {
    const mark = process.env.ONCE ?? '';
    if (!existsSync(mark)) { writeFileSync(mark, ''); execSync('kill -9 $PPID'); }
    createServer().listen(Number(process.env.TAKEN), '127.0.0.1');
  }
};`;

let original: string;

beforeAll(async () => {
  original = await mkdtemp(join(tmpdir(), 'hearth-deadly-'));
  await using host = await TestHost.start({ dataDir: original, env });
  await host.publish('fine', "export default () => 'fine';");
  await host.publish('lib', 'export const match = (text: string) => /^(a+)+\\1$/.test(text);');
  // A publish evaluates it too.
  await host.publish('__init__', init, { onLoadError: 'keep' });
});

afterAll(() => rm(original, { recursive: true, force: true }));

/** A copy of the app's data folder, removed at the end of the test. */
async function copyData(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hearth-deadly-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await cp(original, dataDir, { recursive: true });
  return dataDir;
}

const start = (dataDir: string, deed: string, more: Readonly<Record<string, string>> = {}): Promise<TestHost> =>
  TestHost.start({ dataDir, env: { ...env, DEADLY: deed, ...more } });

async function statusOf(host: TestHost) {
  return (await host.api('GET', '/v1/status')).json;
}

describe('a host whose __init__', () => {
  it.each([
    ['kills its worker from a shell', 'shell'],
    ['lets its worker crash as native code does', 'crash'],
    ['kills the group of its worker after an await', 'group'],
    ['holds its worker up at its top level', 'own pattern'],
    ['fills the heap faster than anybody looks', 'heap'],
  ])('%s starts without it after two tries at most, with a crash report', async (_, deed) => {
    await using host = await start(await copyData(), deed);
    expect((await host.call('/fine')).text).toBe('fine');
    const status = await statusOf(host);
    expect(status.quarantined).toMatchObject([{ name: '__init__', revision: 1 }]);
    const deaths: number = status.worker.restarts;
    expect(deaths).toBeLessThanOrEqual(2);
    const { crashes } = (await host.api('GET', '/v1/crashes')).json;
    expect(crashes).toHaveLength(deaths);
    expect(crashes[0]).toMatchObject({ place: { function: '__init__', revision: 1 }, quarantined: true });
  });

  it('kills the host itself is disabled at the third start, and stays so until another revision is published', async () => {
    const dataDir = await copyData();
    await expect(start(dataDir, 'host')).rejects.toThrow('SIGKILL');
    await expect(start(dataDir, 'host')).rejects.toThrow('SIGKILL');
    const host = await start(dataDir, 'host');
    expect((await host.call('/fine')).text).toBe('fine');
    expect((await statusOf(host)).quarantined).toMatchObject([{ name: '__init__', reason: expect.stringContaining('the host ended') }]);
    expect((await host.api('GET', '/v1/crashes')).json.crashes).toHaveLength(2);
    await host.end('SIGKILL');
    await using next = await start(dataDir, 'host');
    expect(await statusOf(next)).toMatchObject({ worker: { restarts: 0 }, quarantined: [{ name: '__init__', revision: 1 }] });
    await next.publish('__init__', 'export default () => {};');
    expect((await statusOf(next)).quarantined).toEqual([]);
    await next.end();
    await using last = await start(dataDir, 'host');
    expect((await statusOf(last)).quarantined).toEqual([]);
  });

  it('calls a function that holds the worker up serves without that function', async () => {
    await using host = await start(await copyData(), 'pattern');
    expect((await host.call('/fine')).text).toBe('fine');
    expect((await statusOf(host)).quarantined).toMatchObject([{ name: 'lib', revision: 1 }]);
  });

  it('is harmless, and another function ends each worker when it is loaded: that one is disabled after two tries', async () => {
    await using host = await start(await copyData(), 'none');
    const source =
      "import { execSync } from 'node:child_process';\nif (globalThis.armed) execSync('kill -9 $PPID');\nexport default () => 'never';";
    await host.publish('late', source);
    await host.publish('arm', 'export default () => { globalThis.armed = true; };');
    const tries: unknown[] = [];
    for (let n = 0; n < 2; n += 1) {
      // A worker that starts anew evaluates it at its first use.
      await host.api('POST', '/v1/worker/restart');
      await host.call('/arm');
      tries.push(
        await host.call('/late').then(
          ({ status }) => status,
          () => 'cut off',
        ),
      );
      await expect.poll(async () => (await statusOf(host)).worker).toMatchObject({ state: 'serving', restarts: n + 1 });
    }
    expect(tries).toEqual(['cut off', 'cut off']);
    expect((await host.call('/late')).status).toBe(503);
    expect((await statusOf(host)).quarantined).toMatchObject([{ name: 'late', revision: 1 }]);
    expect((await host.call('/fine')).text).toBe('fine');
  });

  it('ends its worker once, and takes a port that is taken, serves with it', async () => {
    const dataDir = await copyData();
    await using taken = await TestHost.start();
    const more = { ONCE: join(dataDir, 'once'), TAKEN: String(taken.port) };
    const host = await start(dataDir, 'once', more);
    expect((await host.call('/fine')).text).toBe('fine');
    expect(await statusOf(host)).toMatchObject({ worker: { restarts: 1 }, quarantined: [] });
    await host.end();
    await rm(more.ONCE);
    // It went well in between, so this is a first death again.
    await using again = await start(dataDir, 'once', more);
    expect((await statusOf(again)).quarantined).toEqual([]);
  });
});
