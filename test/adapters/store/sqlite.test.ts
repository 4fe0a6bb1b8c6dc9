import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';
import { openSqliteStore } from '../../../runtime/adapters/store/sqlite/sqlite-store.ts';
import { functionStoreContract } from '../../contract/function-store.ts';
import { draft, publish, rejection } from '../../contract/function-store/place.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-store-'));
});

afterAll(() => rm(root, { recursive: true }));

functionStoreContract('SQLite', (location, historyLimit) => openSqliteStore({ dir: join(root, location), historyLimit }));

describe('openSqliteStore()', () => {
  let dir = '';
  let file = '';

  beforeEach(async () => {
    dir = join(await mkdtemp(join(root, 'own-')), 'data');
    file = join(dir, 'hearth.db');
  });

  async function opened(): Promise<FunctionStore> {
    const store = await openSqliteStore({ dir, historyLimit: 10 });
    onTestFinished(() => store.close());
    return store;
  }

  async function refusal(): Promise<string> {
    const error = await rejection(openSqliteStore({ dir, historyLimit: 10 }));
    expect(error).toMatchObject({ code: 'DATA_DIR_UNAVAILABLE', details: { dir } });
    return error.message;
  }

  /** A database as a store left it, with `sql` run on it. */
  async function altered(sql: string): Promise<void> {
    const store = await openSqliteStore({ dir, historyLimit: 10 });
    await store.commit(publish(draft('a', 'x'.repeat(100_000))));
    await store.close();
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  }

  it('makes the folder for its owner alone, and the files in it', async () => {
    dir = join(dir, 'deeper');
    const store = await opened();
    await store.commit(publish(draft('a', '1')));
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    const names = await readdir(dir);
    expect(names.toSorted()).toEqual(['hearth.db', 'hearth.db-wal']);
    for (const name of names) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  });

  it('leaves one whole file when it is closed', async () => {
    const store = await opened();
    await store.commit(publish(draft('a', '1')));
    await store.close();
    expect(await readdir(dir)).toEqual(['hearth.db']);
    const database = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => database.close());
    expect(database.prepare('SELECT name, live, last FROM functions').all()).toEqual([{ name: 'a', live: 1, last: 1 }]);
  });

  it('forgets what is older than historyLimit', async () => {
    const store = await opened();
    for (let n = 1; n <= 25; n += 1) await store.commit(publish(draft('a', String(n)), draft('b', String(n))));
    for (const name of ['a', 'b']) {
      expect((await store.revisions(name)).map(({ revision }) => revision)).toEqual([25, 24, 23, 22, 21, 20, 19, 18, 17, 16]);
      expect(await store.revision(name, 15)).toBeUndefined();
    }
  });

  it('refuses a folder that a store of this process uses, and leaves that one working', async () => {
    const store = await opened();
    await store.commit(publish(draft('a', '1')));
    expect(await refusal()).toContain('another process is using it');
    await store.commit(publish(draft('a', '2')));
    expect(await refusal()).toContain('another process is using it');
    await store.close();
    expect((await (await opened()).functions()).map(({ source }) => source)).toEqual(['2']);
  });

  it('refuses a folder that another process uses, from its first moment on', async () => {
    const program = `
      const { DatabaseSync } = require('@photostructure/sqlite');
      const database = new DatabaseSync(process.argv[1]);
      process.send('try');
      process.on('message', () => {
        try { database.exec('SELECT count(*) FROM sqlite_schema'); process.send('read'); } catch (error) { process.send(error.message); }
      });`;
    await opened();
    const child = spawn(process.execPath, ['-e', program, file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    onTestFinished(async () => {
      child.kill();
      await once(child, 'exit');
    });
    await once(child, 'message');
    child.send('go');
    expect(await once(child, 'message')).toEqual(expect.arrayContaining(['database is locked']));
  });

  it('refuses a file in place of the folder', async () => {
    await writeFile(dir, '');
    expect(await refusal()).toContain('it is not a folder');
    dir = join(dir, 'below');
    expect(await refusal()).toContain('it is not a folder');
  });

  it('refuses a folder in place of the file', async () => {
    await mkdir(file, { recursive: true });
    expect(await refusal()).toContain('cannot be opened');
  });

  it('refuses a file that is not a database, and leaves it as it is', async () => {
    const content = 'Dear diary, '.repeat(1000);
    await mkdir(dir);
    await writeFile(file, content);
    expect(await refusal()).toContain('is not a database, or is damaged');
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('refuses a database whose schema is damaged', async () => {
    await altered('');
    const handle = await open(file, 'r+');
    // The first page, behind the header of the file: the list of tables.
    await handle.write(Buffer.alloc(3000, 0xff), 0, 3000, 100);
    await handle.close();
    expect(await refusal()).toContain('damaged');
  });

  it('refuses a database that was cut off', async () => {
    await altered('');
    await truncate(file, 4096);
    expect(await refusal()).toContain('damaged');
  });

  it.each([3, 99, -1])('refuses a database of schema %i, which it does not know, and leaves it as it is', async (version) => {
    await altered(`PRAGMA user_version = ${version}`);
    const before = await readFile(file);
    expect(await refusal()).toContain(`its schema is ${version}, and this version knows 2`);
    expect(before.equals(await readFile(file))).toBe(true);
  });

  it('refuses a database of something else, and leaves it as it is', async () => {
    await mkdir(dir);
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE functions (id INTEGER); INSERT INTO functions VALUES (7)');
    other.close();
    const before = await readFile(file);
    expect(await refusal()).toContain('table functions already exists');
    expect(before.equals(await readFile(file))).toBe(true);
  });
});
