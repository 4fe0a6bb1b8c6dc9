import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openMongoStore } from '../../runtime/adapters/store/mongodb/mongodb-store.ts';
import { openSqliteStore } from '../../runtime/adapters/store/sqlite/sqlite-store.ts';
import { findMongod, TestMongod } from '../mongod.ts';
import { TestHost } from './host.ts';

/** The heavy form kills at more moments. */
const heavy = process.env['HEAVY_ROUNDS'] !== undefined;
const step = heavy ? 1 : 2;

const patience = { timeout: 20_000, interval: 20 };
const withoutMongod = findMongod() === undefined && process.env['CI'] === undefined;

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-transfer-'));
  file = join(dir, 'app.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

function start(command: 'export' | 'import', args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [resolve(`scripts/${command}.mjs`), ...args], { env: { PATH, HOME, ...env }, cwd: dir });
}

/** Runs a command of package.json to its end. */
async function run(command: 'export' | 'import', args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const child = start(command, args, env);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const [code] = await once(child, 'close');
  return { code, output: output.join('') };
}

function environmentOf(host: TestHost): Record<string, string> {
  return { DATA_DIR: host.dataDir, CONSOLE_PORT: String(host.consolePort), ADMIN_TOKEN: host.token };
}

const answering = (text: string): string => `export default () => '${text}';`;

async function hostWithHistory(options: Parameters<typeof TestHost.start>[0] = {}): Promise<TestHost> {
  const host = await TestHost.start(options);
  await host.publish('lib/value', "export const value = 'value';");
  for (const n of [1, 2, 3]) await host.publish('a', `import { value } from '@/lib/value';\nexport default () => value + ${n};`);
  await host.publish('gone', answering('gone'));
  await host.api('DELETE', '/v1/functions/gone');
  return host;
}

/** What an export says of the app, without when it was made. */
function appIn(text: string): unknown {
  const { functions, revisions } = JSON.parse(text);
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : Number(a.name > b.name));
  return { functions: functions.toSorted(byName), revisions: revisions.toSorted(byName) };
}

/** An export that takes a while to import. */
async function writeLargeExport(functions: number, revisions: number): Promise<void> {
  const names = Array.from({ length: functions }, (_, at) => `f${at}`);
  const entry = { createdAt: '2023-11-14T22:13:20.000Z', methods: null, note: '', source: `${answering('x')}//${'x'.repeat(4_000)}` };
  const head = { format: 'hearth-app', version: 1, hearth: '1', appId: 'a', exportedAt: '2023-11-14T22:13:20.000Z' };
  const all = names.flatMap((name) => Array.from({ length: revisions }, (_, n) => ({ name, revision: n + 1, ...entry })));
  const listed = names.map((name) => ({ name, live: revisions, last: revisions }));
  await writeFile(file, JSON.stringify({ ...head, functions: listed, revisions: all }));
}

describe('npm run export and npm run import', () => {
  it('carry an app from a host that runs into a folder without one, with all of its history', async () => {
    await using host = await hostWithHistory();
    const exported = await run('export', [`${file}.gz`], environmentOf(host));
    expect(exported).toMatchObject({ code: 0, output: expect.stringMatching(/^exported \d+ functions with \d+ revisions to /m) });
    expect((await stat(`${file}.gz`)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['app.json.gz']);
    const text = gunzipSync(await readFile(`${file}.gz`)).toString();
    expect(text).not.toContain('serverSecret');
    const target = join(dir, 'data');
    const imported = await run('import', [`${file}.gz`], { DATA_DIR: target });
    expect(imported).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^imported \d+ functions \(\d+ added\), \d+ revisions written/m),
    });
    await using other = await TestHost.start({ dataDir: target });
    expect((await other.call('/a')).text).toBe('value3');
    expect((await other.call('/gone')).status).toBe(404);
    expect(appIn((await other.api('GET', '/v1/export')).text)).toEqual(appIn(text));
    expect(await other.publish('gone', answering('back'))).toBe(2);
  });

  it('go through the API of a host that runs, which serves what was imported at once', async () => {
    await using host = await hostWithHistory();
    await run('export', [file], environmentOf(host));
    await using other = await TestHost.start();
    expect(await run('import', [file], environmentOf(other))).toMatchObject({ code: 0 });
    expect((await other.call('/a')).text).toBe('value3');
    const again = await run('import', [file], environmentOf(other));
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining('IMPORT_CONFLICT: ') });
    await other.publish('a', answering('mine'));
    expect(await run('import', [file, '--replace'], environmentOf(other))).toMatchObject({ code: 0 });
    expect((await other.call('/a')).text).toBe('value3');
    await other.publish('a', answering('mine'));
    const published = await run('import', [file, '--publish'], environmentOf(other));
    expect(published).toMatchObject({ code: 0, output: expect.stringContaining('1 published') });
    expect((await other.call('/a')).text).toBe('value3');
    await other.end('SIGKILL');
    await using restarted = await TestHost.start({ dataDir: other.dataDir });
    expect((await restarted.call('/a')).text).toBe('value3');
  });

  it('say in one line what is wrong, with exit code 1, and leave no file', async () => {
    await using host = await TestHost.start();
    const environment = environmentOf(host);
    const refused = async (ran: Promise<Ran>): Promise<string> => {
      const { code, output } = await ran;
      expect([code, output.trimEnd().split('\n').length]).toEqual([1, 1]);
      return output;
    };
    await writeFile(file, '{"format":"hearth-app","version":1,');
    expect(await refused(run('export', [], environment))).toContain('Usage: npm run export -- FILE');
    expect(await refused(run('import', ['a', '--replace', '--publish'], environment))).toContain('Usage: npm run import');
    expect(await refused(run('import', [join(dir, 'none')], environment))).toContain('ENOENT');
    expect(await refused(run('import', [file], environment))).toContain('IMPORT_INVALID');
    expect(await refused(run('export', [`${file}2`], { ...environment, ADMIN_TOKEN: '' }))).toContain('set ADMIN_TOKEN');
    expect(await refused(run('export', [`${file}2`], { ...environment, ADMIN_TOKEN: 'wrong-token' }))).toContain('UNAUTHORIZED');
    expect(await refused(run('export', [`${file}2`], { ...environment, CONSOLE_PORT: '0' }))).toContain('set CONSOLE_PORT');
    expect(await refused(run('export', [`${file}2`], { ...environment, CONSOLE_PORT: '1' }))).toContain('cannot be reached');
    expect(await refused(run('export', [`${file}2`], { DATA_DIR: join(dir, 'nothing') }))).toContain('There is no app in');
    expect(await refused(run('import', [file], { DATA_DIR: join(dir, 'fresh') }))).toContain('IMPORT_INVALID');
    expect((await readdir(dir)).filter((name) => name.startsWith('app'))).toEqual(['app.json']);
  });

  it('import leaves all or nothing when it is killed', { timeout: 120_000 }, async () => {
    await writeLargeExport(100, 40);
    const seen = new Set<number>();
    for (let round = 0; round < 8; round += step) {
      const target = join(dir, `data${round}`);
      const child = start('import', [file], { DATA_DIR: target });
      const ended = once(child, 'exit');
      if (child.stdout) await once(child.stdout, 'data');
      await sleep(60 * round);
      child.kill('SIGKILL');
      await ended;
      const store = await openSqliteStore({ dir: target, historyLimit: 1_000 });
      const heads = await store.heads();
      seen.add(heads.length);
      expect([0, 100]).toContain(heads.length);
      for (const { name } of heads) expect(await store.revisions(name)).toHaveLength(40);
      await store.close();
    }
    expect(seen.has(0)).toBe(true);
  });
});

describe('POST /v1/import', () => {
  it('leaves all or nothing when the host is killed', { timeout: 120_000 }, async () => {
    await writeLargeExport(100, 20);
    const body = await readFile(file);
    for (const wait of heavy ? [50, 200, 350, 600, 1_000] : [200, 600]) {
      await using host = await TestHost.start();
      const headers = { authorization: `Bearer ${host.token}` };
      const posted = fetch(`http://127.0.0.1:${host.consolePort}/v1/import`, { method: 'POST', headers, body }).catch(() => undefined);
      await sleep(wait);
      await host.end('SIGKILL');
      const answer = await posted;
      await using again = await TestHost.start({ dataDir: host.dataDir });
      const { functions, revisions } = (await again.api('GET', '/v1/export')).json;
      const names = functions.filter(({ name }: { name: string }) => /^f\d/.test(name));
      expect(answer?.ok === true ? [100] : [0, 100]).toContain(names.length);
      expect(revisions.filter(({ name }: { name: string }) => /^f\d/.test(name))).toHaveLength(names.length * 20);
    }
  });

  it('takes 500 functions at once, while others are called', { timeout: 60_000 }, async () => {
    await writeLargeExport(500, 20);
    await using host = await TestHost.start();
    const headers = { authorization: `Bearer ${host.token}` };
    const posted = fetch(`http://127.0.0.1:${host.consolePort}/v1/import`, { method: 'POST', headers, body: await readFile(file) });
    const statuses = new Set<number>();
    for (const importing = { done: false }; !importing.done;) {
      statuses.add((await host.call('/hello')).status);
      importing.done = await Promise.race([posted.then(() => true), sleep(10, false)]);
    }
    expect((await posted).status).toBe(200);
    expect([...statuses]).toEqual([200]);
    expect((await host.call('/f499')).text).toBe('x');
    expect(await host.publish('f0', answering('next'))).toBe(21);
  });

  it('keeps a function that does not compile or load, says why, and makes the others live', async () => {
    await using host = await hostWithHistory();
    const { json } = await host.api('GET', '/v1/export');
    const broken = ['throws', 'syntax', 'imports'].map((name, at) => ({
      name,
      source: ["throw new Error('at load');", 'export default (', "import x from '@/syntax';\nx();\nexport default x;"][at] ?? '',
    }));
    const entry = { revision: 1, createdAt: '2023-11-14T22:13:20.000Z', methods: null, note: '' };
    json.functions.push(...broken.map(({ name }) => ({ name, live: 1, last: 1 })));
    json.revisions.push(...broken.map((one) => ({ ...entry, ...one })));
    await using other = await TestHost.start();
    const report = await other.api('POST', '/v1/import', json);
    expect(report).toMatchObject({ status: 200 });
    expect(new Set(report.json.diagnostics.map((one: { function: string }) => one.function))).toEqual(
      new Set(['throws', 'syntax', 'imports']),
    );
    expect((await other.call('/a')).text).toBe('value3');
    for (const name of ['throws', 'syntax', 'imports']) expect((await other.call(`/${name}`)).status).toBe(500);
    expect(appIn((await other.api('GET', '/v1/export')).text)).toEqual(appIn(JSON.stringify(json)));
    await other.end('SIGKILL');
    await using restarted = await TestHost.start({ dataDir: other.dataDir });
    expect((await restarted.call('/a')).text).toBe('value3');
    for (const name of ['throws', 'syntax', 'imports']) expect((await restarted.call(`/${name}`)).status).toBe(500);
    await restarted.publish('syntax', answering('mended'));
    expect((await restarted.call('/syntax')).text).toBe('mended');
  });

  it('takes functions away that are deleted in the export when it replaces', async () => {
    await using host = await hostWithHistory();
    const { text } = await host.api('GET', '/v1/export');
    await host.publish('gone', answering('back'));
    const headers = { authorization: `Bearer ${host.token}` };
    const answer = await fetch(`http://127.0.0.1:${host.consolePort}/v1/import?mode=replace`, { method: 'POST', headers, body: text });
    expect(answer.status).toBe(200);
    expect((await host.call('/gone')).status).toBe(404);
    expect((await host.call('/a')).text).toBe('value3');
  });
});

describe.skipIf(withoutMongod)('on MongoDB', { timeout: 120_000 }, () => {
  it('an import is live on all hosts that run on the database, and comes back the same on SQLite', async () => {
    await using mongod = await TestMongod.start();
    const env = { MONGODB_URI: mongod.uri('app') };
    await using source = await hostWithHistory();
    await run('export', [file, '--with-secret'], environmentOf(source));
    await using left = await TestHost.start({ env });
    await using right = await TestHost.start({ env });
    expect(await run('import', [file], env)).toMatchObject({ code: 0, output: expect.stringContaining('--with-secret to import it') });
    for (const host of [left, right]) await vi.waitUntil(async () => (await host.call('/a')).text === 'value3', patience);
    await left.publish('a', answering('left'));
    const changed = await source.publish('a', answering('changed'));
    await run('export', [file], environmentOf(source));
    const replaced = await left.api('POST', '/v1/import?mode=replace', JSON.parse(await readFile(file, 'utf8')));
    expect([changed, replaced.status]).toEqual([4, 200]);
    expect((await left.call('/a')).text).toBe('changed');
    await vi.waitUntil(async () => (await right.call('/a')).text === 'changed', patience);
    const back = join(dir, 'back.json');
    expect(await run('export', [back], env)).toMatchObject({ code: 0 });
    expect(await run('import', [back], { DATA_DIR: join(dir, 'data') })).toMatchObject({ code: 0 });
    const again = join(dir, 'again.json');
    await run('export', [again], { DATA_DIR: join(dir, 'data') });
    expect(appIn(await readFile(again, 'utf8'))).toEqual(appIn(await readFile(back, 'utf8')));
  });

  it('an import that is killed leaves all or nothing', async () => {
    await using mongod = await TestMongod.start();
    await writeLargeExport(60, 40);
    for (let round = 0; round < 6; round += step) {
      const uri = mongod.uri(`app${round}`);
      const child = start('import', [file], { MONGODB_URI: uri });
      const ended = once(child, 'exit');
      if (child.stdout) await once(child.stdout, 'data');
      await sleep(100 * round);
      child.kill('SIGKILL');
      await ended;
      const store = await openMongoStore({ uri, historyLimit: 1_000 });
      const heads = await store.heads();
      expect([0, 60]).toContain(heads.length);
      for (const { name } of heads) expect(await store.revisions(name)).toHaveLength(40);
      expect(await store.revisions('f0')).toHaveLength(heads.length === 0 ? 0 : 40);
      await store.close();
    }
  });

  it('export and import use the mongod of a managed host that runs, and leave it running', async () => {
    const env = { MONGODB_URI: 'managed' };
    await using host = await hostWithHistory({ env });
    const pid = await readFile(join(host.dataDir, 'mongodb/mongod.lock'), 'utf8');
    expect(await run('export', [file], { ...env, DATA_DIR: host.dataDir })).toMatchObject({ code: 0 });
    await host.publish('a', answering('changed'));
    expect(await run('import', [file, '--publish'], { ...env, DATA_DIR: host.dataDir })).toMatchObject({ code: 0 });
    await vi.waitUntil(async () => (await host.call('/a')).text === 'value3', patience);
    expect(await readFile(join(host.dataDir, 'mongodb/mongod.lock'), 'utf8')).toBe(pid);
  });
});
