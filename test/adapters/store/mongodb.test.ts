import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openMongoStore } from '../../../runtime/adapters/store/mongodb/mongodb-store.ts';
import { functionStoreContract } from '../../contract/function-store.ts';
import { draft, names, numbers, publish, rejection } from '../../contract/function-store/place.ts';
import { createCounter, MongoPlace, Standalone, withoutMongod } from './mongodb-place.ts';

const skipped = withoutMongod();
let place: MongoPlace;

beforeAll(async () => {
  if (!skipped) place = await MongoPlace.start();
});

afterAll(() => place?.[Symbol.asyncDispose]());

describe.skipIf(skipped)('MongoDB', () => {
  functionStoreContract('MongoDB', (location, historyLimit) => place.open(place.mongod.uri(location), { historyLimit }));
});

describe.skipIf(skipped)('openMongoStore()', () => {
  let uri = '';

  beforeEach(() => {
    uri = place.uri();
  });

  async function connected(): Promise<Db> {
    const client = new MongoClient(uri);
    onTestFinished(() => client.close());
    return client.db();
  }

  async function collectionNames(db: Db): Promise<string[]> {
    return (await db.listCollections().toArray()).map(({ name }) => name).toSorted((a, b) => (a < b ? -1 : 1));
  }

  it('makes its collections and indexes once, also for hosts that start at once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => place.open(uri)));
    const db = await connected();
    expect(await collectionNames(db)).toEqual(['hearth_functions', 'hearth_meta', 'hearth_revisions', 'hearth_settings']);
    expect((await db.collection('hearth_revisions').indexes()).map(({ name }) => name)).toEqual(['_id_', 'history']);
    expect(await db.collection('hearth_meta').find().toArray()).toEqual([{ _id: 'schema', version: 1 }]);
    await Promise.all(stores.map((store, at) => store.commit(publish(draft('a', String(at))))));
    expect(await stores[0]?.live()).toEqual([{ name: 'a', revision: 8 }]);
  });

  it('waits for a host that migrates, and takes over from one that died', async () => {
    const db = await connected();
    const meta = db.collection<{ _id: string; lock: { owner: string; until: Date } }>('hearth_meta');
    await meta.insertOne({ _id: 'schema', lock: { owner: 'other', until: new Date(Date.now() + 60_000) } });
    const opening = { done: false };
    const opened = place.open(uri).finally(() => {
      opening.done = true;
    });
    // Longer than it takes to open one that is not locked.
    await (await place.open(place.uri())).close();
    expect(opening.done).toBe(false);
    await meta.updateOne({}, { $set: { 'lock.until': new Date(0) } });
    expect(await (await opened).functions()).toEqual([]);
    expect(await meta.find().toArray()).toEqual([{ _id: 'schema', version: 1 }]);
  });

  it.each([2, 99, -1])('refuses a database of schema %i, which it does not know, and leaves it as it is', async (version) => {
    const db = await connected();
    await db.collection<{ _id: string; version: number }>('hearth_meta').insertOne({ _id: 'schema', version });
    const error = await rejection(place.open(uri));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`its schema is ${version}, and this version knows 1`);
    expect(await collectionNames(db)).toEqual(['hearth_meta']);
  });

  it('leaves collections that are not its own alone', async () => {
    const db = await connected();
    const rows = [{ name: 'hello', source: { code: 'x' } }];
    for (const name of ['__functions__', 'functions', 'settings']) await db.collection(name).insertMany(rows.map((row) => ({ ...row })));
    const store = await place.open(uri);
    await store.commit(publish(draft('hello', '1')));
    for (const name of ['__functions__', 'functions', 'settings'])
      expect(
        await db
          .collection(name)
          .find({}, { projection: { _id: 0 } })
          .toArray(),
      ).toEqual(rows);
    expect(names(await store.functions())).toEqual(['hello']);
  });

  it('uses the database "hearth" where the connection string names none', async () => {
    const bare = `mongodb://127.0.0.1:${place.mongod.port}/?replicaSet=test`;
    const store = await place.open(bare);
    await store.putSetting('where', 'hearth');
    const client = new MongoClient(bare);
    onTestFinished(() => client.close());
    expect(await client.db('hearth').collection('hearth_settings').findOne()).toMatchObject({ value: 'hearth' });
    await client.db('hearth').dropDatabase();
  });

  it('overrules options of the connection string that would weaken what it promises', async () => {
    const store = await place.open(`${uri}&w=0&readPreference=secondary&readConcernLevel=local&retryWrites=false`);
    expect(numbers(await store.commit(publish(draft('a', '1'))))).toEqual([1]);
    await store.putSetting('a', '1');
    expect(await store.setting('a')).toBe('1');
  });

  it('commit() rejects with SOURCE_TOO_LARGE beyond the 16 MB of a document, and loses nothing', async () => {
    const store = await place.open(uri);
    const compiled = { code: 'c'.repeat(6_000_000), map: '', builder: 'test' };
    await store.commit(publish(draft('a', 's'.repeat(10_000_000), { compiled })));
    const error = await rejection(store.commit(publish(draft('b', '1'), draft('a', 's'.repeat(11_000_000), { compiled }))));
    expect(error).toMatchObject({ code: 'SOURCE_TOO_LARGE', details: { name: 'a' } });
    expect(error.details['limit']).toBeLessThan(11_000_000);
    expect((await store.functions()).map(({ name, revision, source }) => [name, revision, source.length])).toEqual([['a', 1, 10_000_000]]);
  });

  it('functions() answers more than 16 MB', async () => {
    const store = await place.open(uri);
    const drafts = Array.from({ length: 9 }, (_, n) => draft(`f${n}`, String(n).repeat(1_000_000)));
    await store.commit(publish(...drafts));
    expect((await store.functions()).map(({ source }) => source.length)).toEqual(drafts.map(({ source }) => source.length));
  });

  it('watch() tells of a collection that was dropped, and of commits after it', async () => {
    const store = await place.open(uri);
    await store.commit(publish(draft('a', '1')));
    const told = createCounter();
    store.watch(() => told.count());
    await told.until(() => told.calls > 0);
    const db = await connected();
    await db.collection('hearth_functions').drop();
    await told.until(async () => (await store.live()).length === 0);
    for (const name of ['b', 'c', 'd']) {
      const { calls } = told;
      await store.commit(publish(draft(name, '1')));
      await told.until(() => told.calls > calls);
    }
    expect(names([...(await store.live())])).toHaveLength(3);
  });

  it('close() ends watching, also while a commit is under way', async () => {
    const store = await place.open(uri);
    const told = createCounter();
    store.watch(() => told.count());
    await told.until(() => told.calls > 0);
    const commit = store.commit(publish(draft('a', '1')));
    await store.close();
    expect(numbers(await commit)).toEqual([1]);
    expect(store.available).toBe(false);
    for (const call of [store.live(), store.functions(), store.revisions('a'), store.setting('a'), store.putSetting('a', '1')])
      await expect(call).rejects.toThrow('The store is closed.');
    const { calls } = told;
    await (await place.open(uri)).commit(publish(draft('a', '2')));
    expect(told.calls).toBe(calls);
  });

  it.each([
    ['nonsense', 'x'],
    ['another scheme', 'http://user:hunter2hunter2@127.0.0.1/a'],
    ['a password with characters that must be encoded', 'mongodb://user:hunter2/hunter2@127.0.0.1:1/a'],
    ['an option that is not known', 'mongodb://user:hunter2hunter2@127.0.0.1:1/a?hunter2hunter2=1'],
  ])('refuses %s as a connection string without repeating it', async (_, wrong) => {
    const error = await rejection(place.open(wrong));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('MONGODB_URI is not a valid MongoDB connection string');
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('hunter2');
  });

  it('refuses a user whom the database does not know, without naming the password', async () => {
    const error = await rejection(place.open(uri.replace('//', '//someone:hunter2hunter2@')));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('MONGODB_URI names a user');
    expect(error.message).not.toContain('hunter2');
  });

  it('refuses a replica set of another name', async () => {
    const error = await rejection(place.open(uri.replace('replicaSet=test', 'replicaSet=other')));
    expect(error.message).toContain('MONGODB_URI asks for the replica set "other", but the server is in "test".');
  });

  it('refuses a name of a database that MongoDB refuses', async () => {
    const error = await rejection(place.open(`mongodb://127.0.0.1:${place.mongod.port}/a%20b`));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('MONGODB_URI names a database that cannot be used: ');
  });

  it('refuses a server that is in no replica set', async () => {
    await using alone = await Standalone.start();
    for (const query of ['', '?replicaSet=test', '?directConnection=true']) {
      const error = await rejection(place.open(`mongodb://127.0.0.1:${alone.port}/a${query}`));
      expect(error.code).toBe('CONFIG_INVALID');
      expect(error.message).toContain('MONGODB_URI names a server that is not in a replica set');
    }
  });

  it('waits for a replica set that is not initiated yet', async () => {
    await using alone = await Standalone.start('--replSet', 'test');
    const reasons: string[] = [];
    const waiting = createCounter();
    const onWaiting = (reason: string): void => {
      reasons.push(reason);
      waiting.count();
    };
    const opening = openMongoStore({ uri: `mongodb://127.0.0.1:${alone.port}/a?replicaSet=test`, historyLimit: 1, onWaiting });
    await waiting.until(() => reasons.includes('its replica set has not been initiated yet.'));
    const client = new MongoClient(`mongodb://127.0.0.1:${alone.port}/?directConnection=true`);
    onTestFinished(() => client.close());
    const config = { _id: 'test', members: [{ _id: 0, host: `127.0.0.1:${alone.port}` }] };
    await client.db('admin').command({ replSetInitiate: config });
    const store = await opening;
    expect(await store.live()).toEqual([]);
    await store.close();
  });
});
