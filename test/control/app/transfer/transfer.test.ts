import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBuilder } from '../../../../runtime/build/builder.ts';
import type { ImportOptions } from '../../../../runtime/control/app/transfer/import-report.ts';
import { importInto } from '../../../../runtime/control/app/transfer/importer.ts';
import { readExport } from '../../../../runtime/control/app/transfer/export-reader.ts';
import { exportFrom } from '../../../../runtime/control/app/transfer/transfer.ts';
import type { FunctionStore, History } from '../../../../runtime/kernel/ports/function-store.ts';
import { openMongoStore } from '../../../../runtime/adapters/store/mongodb/mongodb-store.ts';
import { openSqliteStore } from '../../../../runtime/adapters/store/sqlite/sqlite-store.ts';
import { draft, publish, remove } from '../../../contract/function-store/place.ts';
import { findMongod, TestMongod } from '../../../mongod.ts';

let root: string;
let stores: FunctionStore[];
const builder = createBuilder();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-transfer-'));
  stores = [];
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await rm(root, { recursive: true });
});

async function sqlite(): Promise<FunctionStore> {
  const store = await openSqliteStore({ dir: join(root, randomUUID()), historyLimit: 1_000 });
  stores.push(store);
  return store;
}

/** An export without the line that says when it was made. */
async function exported(store: FunctionStore, secret = false): Promise<string> {
  const whole = await text(await exportFrom(store, { version: '1', appId: 'a', serverSecret: undefined }, secret));
  return whole.replace(/"exportedAt":"[^"]+"/, '"exportedAt":"2023-11-14T22:13:20.000Z"');
}

async function imported(store: FunctionStore, file: string, options: Partial<ImportOptions> = {}) {
  const app = await readExport(Readable.from([Buffer.from(file)]), Number.MAX_SAFE_INTEGER);
  return importInto({ store, builder }, app, { mode: 'refuse', secret: false, ...options });
}

const oddNames = ['__proto__', 'constructor', 'a.b', 'lib/deep/er', '0', '__init__', 'x'.repeat(256)];
const oddTexts = ['', 'a\0b', '\uFEFFexport default 1', 'a\r\n\u2028"\\', 'γειά 你好 👩‍👩‍👧‍👦 \uFFFF', '</script>', '"revisions":[{}]'];

/** 500 functions: long and short histories with gaps, deleted ones, odd names and texts. */
function largeApp(): History[] {
  return Array.from({ length: 500 }, (_, at): History => {
    const name = oddNames[at] ?? `f${at}`;
    const revisions = Array.from({ length: at % 50 === 0 ? 200 : 3 + (at % 20) }, (_none, n) => ({
      ...draft(name, `${oddTexts[(at + n) % oddTexts.length]}// ${name} ${n}`, { note: oddTexts[n % oddTexts.length] ?? '' }),
      methods: [undefined, [], ['GET', 'POST']][n % 3],
      revision: n + 1 + (at % 3),
      createdAt: 1_700_000_000_000 + at * 7 + n,
    }));
    const last = revisions.at(-1)?.revision ?? 0;
    return { name, live: at % 9 === 4 ? null : last, last: at % 9 === 4 ? last + 2 : last, revisions, ifLast: 0 };
  });
}

describe('exportFrom()', () => {
  it('answers what there was at one moment, whatever is published meanwhile', async () => {
    const store = await sqlite();
    for (let n = 0; n < 100; n += 1) await store.commit(publish(draft('a', String(n)), draft('b', String(n))));
    const before = await exported(store);
    const stream = await exportFrom(store, { version: '1', appId: 'a', serverSecret: undefined }, false);
    const texts: string[] = [];
    for await (const chunk of stream) {
      texts.push(String(chunk));
      await store.commit({ drafts: [draft('b', 'later'), draft(`new${texts.length}`, 'later')], deleted: texts.length === 1 ? ['a'] : [] });
    }
    expect(texts.length).toBeGreaterThan(5);
    expect(JSON.parse(texts.join(''))).toMatchObject({ functions: JSON.parse(before).functions, revisions: JSON.parse(before).revisions });
  });

  it('is cut when a live revision is forgotten meanwhile, so that it is no export', async () => {
    const store = await openSqliteStore({ dir: join(root, 'short'), historyLimit: 2 });
    stores.push(store);
    await store.commit(publish(draft('a', '1')));
    const stream = await exportFrom(store, { version: '1', appId: 'a', serverSecret: undefined }, false);
    for (const source of ['2', '3', '4']) await store.commit(publish(draft('a', source)));
    await expect(text(stream)).rejects.toThrow('The history of a changed while it was being read');
  });
});

describe('importInto()', () => {
  it.skipIf(findMongod() === undefined && !process.env['CI'])(
    'from SQLite to MongoDB and back changes nothing: 500 functions, long histories, deleted ones, odd names and texts',
    { timeout: 120_000 },
    async () => {
      await using mongod = await TestMongod.start();
      const first = await sqlite();
      await first.commit({ drafts: [], deleted: [], histories: largeApp() });
      const file = await exported(first);
      expect(JSON.parse(file).functions).toHaveLength(500);
      const mongo = await openMongoStore({ uri: mongod.uri('app'), historyLimit: 10 });
      stores.push(mongo);
      const report = await imported(mongo, file);
      expect(new Set(report.functions.map(({ outcome }) => outcome))).toEqual(new Set(['added']));
      expect(await exported(mongo)).toBe(file);
      const last = await sqlite();
      await imported(last, await exported(mongo));
      expect(await exported(last)).toBe(file);
      expect(await last.heads()).toEqual(await first.heads());
    },
  );

  it.skipIf(findMongod() === undefined && !process.env['CI'])(
    'refuses what MongoDB cannot take in one transaction with IMPORT_TOO_LARGE, and changes nothing',
    { timeout: 120_000 },
    async () => {
      await using mongod = await TestMongod.start();
      const mongo = await openMongoStore({ uri: mongod.uri('app'), historyLimit: 10 });
      stores.push(mongo);
      await mongo.commit(publish(draft('a', 'kept')));
      // Of random characters, since the cache holds what was written as it is.
      const source = randomBytes(7 * 1024 * 1024).toString('hex');
      const revisions = Array.from({ length: 20 }, (_, n) => ({ ...draft('a', ''), source, revision: n + 1, createdAt: n }));
      const histories = [{ name: 'a', live: 20, last: 20, ifLast: 1, revisions }];
      await expect(mongo.commit({ drafts: [], deleted: [], histories })).rejects.toMatchObject({ code: 'IMPORT_TOO_LARGE' });
      expect((await mongo.functions()).map((one) => one.source)).toEqual(['kept']);
      await mongo.commit(publish(draft('a', 'next', { ifRevision: 1 })));
    },
  );

  it('refuses functions that exist, with IMPORT_CONFLICT, and changes nothing', async () => {
    const [from, to] = [await sqlite(), await sqlite()];
    await from.commit(publish(draft('a', '1'), draft('b', '1'), draft('c', '1')));
    await to.commit(publish(draft('b', 'here'), draft('c', 'here')));
    await to.commit(remove('c'));
    const before = await exported(to);
    await expect(imported(to, await exported(from))).rejects.toMatchObject({
      code: 'IMPORT_CONFLICT',
      details: { count: 2, names: 'b, c' },
    });
    expect(await exported(to)).toBe(before);
  });

  it('takes starter functions that nobody has touched for none', async () => {
    const [from, to] = [await sqlite(), await sqlite()];
    await from.commit(publish(draft('hello', 'mine'), draft('other', '1')));
    await from.commit(publish(draft('hello', 'mine 2')));
    await to.commit(publish(draft('hello', 'starter', { note: 'starter function' })));
    const report = await imported(to, await exported(from));
    expect(report.functions).toEqual([
      { name: 'hello', outcome: 'replaced' },
      { name: 'other', outcome: 'added' },
    ]);
    expect(await exported(to)).toBe(await exported(from));
  });

  it('replace takes whole histories, gives what is live a new number where its own was taken, and is idempotent', async () => {
    const [from, to] = [await sqlite(), await sqlite()];
    await from.commit(publish(draft('a', '1'), draft('gone', '1'), draft('longer', '1')));
    await from.commit(publish(draft('longer', '2')));
    await from.commit(remove('gone'));
    for (const source of ['x', 'y', 'z']) await to.commit(publish(draft('a', source), draft('gone', source), draft('mine', source)));
    await to.commit(publish(draft('longer', 'x')));
    const file = await exported(from);
    const report = await imported(to, file, { mode: 'replace' });
    expect(report.functions.map(({ outcome }) => outcome)).toEqual(['replaced', 'replaced', 'replaced']);
    expect(await to.heads()).toEqual([
      { name: 'a', live: 4, last: 4 },
      { name: 'gone', live: null, last: 3 },
      { name: 'longer', live: 2, last: 2 },
      { name: 'mine', live: 3, last: 3 },
    ]);
    const history = await to.history('a', 0);
    expect(history.map(({ revision, source, note }) => [revision, source, note])).toEqual([
      [1, '1', ''],
      [4, '1', 'imported: revision 1'],
    ]);
    const again = await imported(to, await exported(to), { mode: 'replace' });
    expect(again).toMatchObject({ revisions: 0, functions: Array.from({ length: 4 }, () => ({ outcome: 'unchanged' })) });
  });

  it('replace brings an earlier state back under its own numbers, and the next publish gets one that was never given', async () => {
    const store = await sqlite();
    for (const source of ['1', '2', '3']) await store.commit(publish(draft('a', source)));
    const backup = await exported(store);
    for (const source of ['4', '5']) await store.commit(publish(draft('a', source)));
    await imported(store, backup, { mode: 'replace' });
    expect(await store.heads()).toEqual([{ name: 'a', live: 3, last: 5 }]);
    expect(JSON.parse(await exported(store)).revisions).toEqual(JSON.parse(backup).revisions);
    expect((await store.commit(publish(draft('a', '6', { ifRevision: 3 })))).map(({ revision }) => revision)).toEqual([6]);
  });

  it('publish makes what is live in the file new revisions, and leaves what is the same', async () => {
    const [from, to] = [await sqlite(), await sqlite()];
    await from.commit(
      publish(draft('a', 'new', { note: 'n', methods: ['GET'] }), draft('same', '1'), draft('gone', '1'), draft('back', '1')),
    );
    await from.commit(publish(draft('added', '1'), draft('added2', '1')));
    await from.commit(remove('gone', 'added2'));
    await to.commit(publish(draft('a', 'old'), draft('same', '1'), draft('gone', 'here'), draft('back', 'old')));
    await to.commit(remove('back'));
    const { functions } = await imported(to, await exported(from), { mode: 'publish' });
    expect(Object.fromEntries(functions.map(({ name, outcome }) => [name, outcome]))).toEqual({
      a: 'published',
      added: 'added',
      added2: 'added',
      back: 'published',
      gone: 'unchanged',
      same: 'unchanged',
    });
    expect(await to.revision('a', 2)).toMatchObject({ source: 'new', note: 'n', methods: ['GET'] });
    expect((await to.live()).toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, revision }) => `${name}@${revision}`)).toEqual([
      'a@2',
      'added@1',
      'back@2',
      'gone@1',
      'same@1',
    ]);
  });

  it('keeps what does not compile any more, and says why', async () => {
    const [from, to] = [await sqlite(), await sqlite()];
    await from.commit(publish(draft('bad', 'export default ('), draft('good', 'export default () => 1')));
    const report = await imported(to, await exported(from));
    expect(report.diagnostics).toMatchObject([{ function: 'bad', line: 1 }]);
    expect(await exported(to)).toBe(await exported(from));
    expect((await to.functions()).map(({ compiled }) => compiled.builder === builder.tag)).toEqual([false, true]);
  });

  it('takes the secret only when both sides want it, and never the hash of the admin token', async () => {
    const [from, to] = [await sqlite(), await sqlite()];
    await from.putSetting('serverSecret', 'the-secret-that-signs');
    await from.putSetting('adminTokenHash', 'cafe');
    await from.commit(publish(draft('a', '1')));
    expect(await exported(from)).not.toContain('the-secret');
    const file = await exported(from, true);
    expect(file).not.toContain('cafe');
    expect((await imported(to, file)).secret).toBe('left');
    expect(await to.setting('serverSecret')).toBeUndefined();
    expect((await imported(to, file, { mode: 'replace', secret: true })).secret).toBe('taken');
    expect(await to.setting('serverSecret')).toBe('the-secret-that-signs');
    expect((await imported(to, await exported(from), { mode: 'replace', secret: true })).secret).toBe('none');
  });
});
