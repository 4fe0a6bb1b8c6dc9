import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilGone } from './load.ts';
import { SamplePlace, withoutMongod } from './laf-samples/place.ts';

const patience = { timeout: 20_000, interval: 20 };

describe.skipIf(withoutMongod('cloud.mongo in functions'))('cloud.mongo in functions', () => {
  let place: SamplePlace;
  beforeAll(async () => {
    place = await SamplePlace.start('laf_mongo');
    await place.host.publish(
      'db',
      `import cloud from '@lafjs/cloud'
export const db = cloud.mongo.db
export const users = db.collection('users')
export async function findByName(name: string) { return users.findOne({ name }) }`,
    );
  }, 60_000);
  afterAll(() => place?.[Symbol.asyncDispose]());

  async function restartWorker(): Promise<void> {
    expect((await place.host.api('POST', '/v1/worker/restart')).status).toBe(204);
  }

  describe('a change stream', () => {
    const watching = (key: string): string => `import cloud from '@lafjs/cloud'
const stream = cloud.mongo.db.collection('watched').watch()
void (async () => { for await (const change of stream) cloud.shared.set('${key}', (cloud.shared.get('${key}') ?? 0) + 1) })().catch((error) => cloud.shared.set('${key} failed', String(error)))
export default (ctx) => ({ seen: cloud.shared.get(ctx.query.key) ?? 0, failed: cloud.shared.get(ctx.query.key + ' failed') ?? null, closed: stream.closed })`;

    it('that a module has opened through `cloud` ends with its revision, without a word in the log', async () => {
      const { host, db } = place;
      const seen = async (key: string): Promise<{ seen: number; failed: unknown }> => (await host.call(`/watching?key=${key}`)).json;
      const insert = async (): Promise<void> => void (await db.collection('watched').insertOne({ at: Date.now() }));
      await host.publish('watching', watching('first'));
      await expect.poll(async () => (await insert(), (await seen('first')).seen), patience).toBeGreaterThan(0);
      await host.publish('watching', watching('second'));
      await expect.poll(async () => (await insert(), (await seen('second')).seen), patience).toBeGreaterThan(0);
      const before = await seen('first');
      await insert();
      await expect.poll(async () => (await seen('second')).seen, patience).toBeGreaterThan(1);
      expect(await seen('first')).toMatchObject({ seen: before.seen, failed: null });
      expect((await host.api('GET', '/v1/logs?level=error&function=watching')).json.logs).toEqual([]);
    });
  });

  describe('__init__', () => {
    it('creates an admin and an index once, and has finished before another function is evaluated', async () => {
      const { host, db } = place;
      await host.publish(
        '__init__',
        `import cloud from '@lafjs/cloud'
import { createHash } from 'crypto'

const admins = cloud.mongo.db.collection('admins')

async function createFirstAdmin(username: string, password: string) {
  if (await admins.countDocuments() > 0) return
  await admins.createIndex('username', { unique: true })
  await admins.insertOne({ username, password: createHash('sha256').update(password).digest('hex'), roles: ['superadmin'], createdAt: new Date() })
}

export async function main(ctx: FunctionContext) {
  await createFirstAdmin('admin', 'kittens')
  await cloud.database().collection('init').add({ time: Date.now(), method: ctx.method })
  cloud.shared.set('initialised', true)
}`,
      );
      expect(await db.collection('admins').countDocuments()).toBe(0);
      await restartWorker();
      await host.publish(
        'login',
        `import cloud from '@/cloud-sdk'
import { createHash } from 'crypto'
if (!cloud.shared.get('initialised')) throw new Error('evaluated before __init__ had finished')
const admins = cloud.mongo.db.collection('admins')
const first = admins.findOne({ username: 'admin' })

exports.main = async function (ctx: FunctionContext) {
  const password = createHash('sha256').update(ctx.query.password).digest('hex')
  const admin = await admins.findOne({ username: 'admin', password })
  if (!admin) return { code: 'wrong' }
  const token = cloud.getToken({ uid: admin._id })
  return { uid: cloud.parseToken(token).uid === admin._id.toString(), atTop: (await first).roles }
}`,
      );
      expect(await place.call('/login?password=kittens')).toEqual({ uid: true, atTop: ['superadmin'] });
      expect(await place.call('/login?password=dogs')).toEqual({ code: 'wrong' });
      // Calls that come while the next worker begins.
      const [answers] = await Promise.all([
        Promise.all(Array.from({ length: 20 }, () => place.call('/login?password=kittens'))),
        restartWorker(),
      ]);
      expect(answers).toEqual(Array.from({ length: 20 }, () => ({ uid: true, atTop: ['superadmin'] })));
      expect(await place.call('/login?password=kittens')).toEqual({ uid: true, atTop: ['superadmin'] });
      expect(await db.collection('admins').countDocuments()).toBe(1);
      expect(await db.collection('admins').indexes()).toMatchObject([{ name: '_id_' }, { name: 'username_1', unique: true }]);
      expect(await db.collection('init').find().project({ _id: 0, method: 1 }).toArray()).toEqual([{ method: 'INIT' }, { method: 'INIT' }]);
    });
  });

  it('insert, find, update and delete, on a handle from another function', async () => {
    const answer = await place.ask(`import cloud from '@lafjs/cloud'
import { db, users, findByName } from '@/db'

exports.main = async function (ctx) {
  const one = await users.insertOne({ name: 'Jane Doe', age: 25, tags: ['a'] })
  const many = await users.insertMany([{ name: 'Bob Smith', age: 40 }, { name: 'Eve', age: 31 }])
  const older = await users.find({ age: { $gt: 26 } }).sort({ age: -1 }).skip(0).limit(5).project({ _id: 0, name: 1 }).toArray()
  const updated = await users.updateOne({ name: 'Jane Doe' }, { $set: { age: 26 }, $push: { tags: 'b' } })
  const all = await users.updateMany({}, { $inc: { age: 1 } })
  const upserted = await users.updateOne({ name: 'New' }, { $setOnInsert: { age: 1 } }, { upsert: true })
  const replaced = await users.replaceOne({ name: 'New' }, { name: 'Newer', age: 2 })
  const bulk = await users.bulkWrite([
    { insertOne: { document: { name: 'Kim', age: 3 } } },
    { updateOne: { filter: { name: 'Kim' }, update: { $set: { age: 4 } } } },
    { deleteOne: { filter: { name: 'Newer' } } },
  ])
  const grouped = await users.aggregate([{ $group: { _id: null, total: { $sum: '$age' }, count: { $sum: 1 } } }]).toArray()
  const names = []
  for await (const user of users.find().sort({ name: 1 })) names.push(user.name)
  const jane = await findByName('Jane Doe')
  return {
    one: [one.acknowledged, one.insertedId instanceof ObjectId],
    many: [many.insertedCount, Object.keys(many.insertedIds)],
    older, names, grouped,
    updated: [updated.matchedCount, updated.modifiedCount, updated.upsertedId],
    all: all.modifiedCount,
    upserted: [upserted.upsertedCount, upserted.upsertedId instanceof ObjectId],
    replaced: replaced.modifiedCount,
    bulk: [bulk.insertedCount, bulk.modifiedCount, bulk.deletedCount],
    jane: { age: jane.age, tags: jane.tags, same: jane._id.equals(one.insertedId) },
    nobody: await findByName('nobody'),
    distinct: await users.distinct('tags'),
    counts: [await users.countDocuments({ age: { $gte: 27 } }), await users.estimatedDocumentCount()],
    deleted: [(await users.deleteOne({ name: 'Kim' })).deletedCount, (await users.deleteMany({})).deletedCount],
    listed: (await db.listCollections({ name: 'users' }).toArray()).length,
    dropped: await db.dropCollection('users'),
    gone: (await db.listCollections({ name: 'users' }).toArray()).length,
    same: db === cloud.mongo.db && db.databaseName,
  }
}`);
    expect(answer).toEqual({
      one: [true, true],
      many: [2, ['0', '1']],
      older: [{ name: 'Bob Smith' }, { name: 'Eve' }],
      names: ['Bob Smith', 'Eve', 'Jane Doe', 'Kim'],
      grouped: [{ _id: null, total: 27 + 41 + 32 + 4, count: 4 }],
      updated: [1, 1, null],
      all: 3,
      upserted: [1, true],
      replaced: 1,
      bulk: [1, 1, 1],
      jane: { age: 27, tags: ['a', 'b'], same: true },
      nobody: null,
      distinct: ['a', 'b'],
      counts: [3, 4],
      deleted: [1, 3],
      listed: 1,
      dropped: true,
      gone: 0,
      same: 'laf_mongo',
    });
  });

  it('findOneAndUpdate() answers the document when it is told to, as since driver 6', async () => {
    const answer = await place.ask(`import cloud from '@lafjs/cloud'
const counters = cloud.mongo.db.collection('counters')
export default async function () {
  const next = (options) => counters.findOneAndUpdate({ _id: 'order' }, { $inc: { seq: 1 } }, { upsert: true, returnDocument: 'after', ...options })
  const result = await next({})
  return { value: result.value, ok: result.ok, document: await next({ includeResultMetadata: false }) }
}`);
    expect(answer).toEqual({ value: { _id: 'order', seq: 1 }, ok: 1, document: { _id: 'order', seq: 2 } });
  });

  it('findOneAndUpdate(), findOneAndReplace() and findOneAndDelete() answer { value } as in Laf', async () => {
    const answer = await place.ask(`import cloud from '@lafjs/cloud'
const counters = cloud.mongo.db.collection('laf-counters')
export default async function () {
  const { value } = await counters.findOneAndUpdate({ _id: 'order' }, { $inc: { seq: 1 } }, { upsert: true, returnDocument: 'after' })
  const replaced = await counters.findOneAndReplace({ _id: 'order' }, { seq: 7 })
  const deleted = await counters.findOneAndDelete({ _id: 'order' })
  return [value.seq, replaced.value.seq, deleted.value.seq, (await counters.findOneAndDelete({ _id: 'order' })).value]
}`);
    expect(answer).toEqual([1, 1, 7, null]);
  });

  it('ObjectId is one class: as a global, of mongodb, of bson, of what both APIs answer, however it is loaded', async () => {
    const answer = await place.ask(`import cloud from '@/cloud-sdk'
import { ObjectId as OfMongodb, MongoClient } from 'mongodb'
import { ObjectId as OfBson } from 'bson'
const db = cloud.database()
exports.main = async function () {
  const classes = [OfMongodb, OfBson, require('mongodb').ObjectId, require('bson').ObjectId, (await import('mongodb')).ObjectId, (await import('bson')).ObjectId]
  const { insertedId } = await cloud.mongo.db.collection('ids').insertOne({ owner: new OfBson(), name: 'native' })
  const found = await cloud.mongo.db.collection('ids').findOne({ _id: new ObjectId(insertedId.toString()) })
  const byDoc = await db.collection('ids').doc(new OfMongodb(insertedId.toString())).get()
  const byWhere = await db.collection('ids').where({ _id: ObjectId.createFromHexString(insertedId.toHexString()) }).getOne()
  const values = [insertedId, found._id, found.owner, byDoc.data._id, byWhere.data.owner, new ObjectId(), db.ObjectId()]
  return {
    classes: classes.map((one) => one === ObjectId),
    values: values.map((value) => value instanceof ObjectId),
    names: [byDoc.data.name, byWhere.data.name],
    string: (await db.collection('ids').doc(insertedId.toString()).get()).data,
    client: cloud.mongo.client instanceof MongoClient,
    json: insertedId,
    valid: [ObjectId.isValid(insertedId.toString()), ObjectId.isValid('nope')],
  }
}`);
    expect(answer).toEqual({
      classes: Array.from({ length: 6 }, () => true),
      values: Array.from({ length: 7 }, () => true),
      names: ['native', 'native'],
      string: null,
      client: true,
      json: expect.stringMatching(/^[0-9a-f]{24}$/),
      valid: [true, false],
    });
  });

  it('values keep their types, and bytes can be answered as they are', async () => {
    await place.host.publish(
      'bytes',
      `import cloud from '@lafjs/cloud'
const files = cloud.mongo.db.collection('files')
export default async () => {
  await files.insertOne({ name: 'a', bytes: Buffer.from('binary'), at: new Date(5), big: 2 ** 40, half: 0.5, none: null, pattern: /x/i })
  const { bytes, at, big, half, none, pattern } = await files.findOne({ name: 'a' })
  if (!(at instanceof Date && big === 2 ** 40 && half === 0.5 && none === null && pattern instanceof RegExp)) throw new Error('other types')
  return bytes.buffer
}`,
    );
    const { status, headers, text } = await place.host.call('/bytes');
    expect([status, headers.get('content-type'), text]).toEqual([200, 'application/octet-stream', 'binary']);
  });

  it('a unique index refuses a duplicate with an error that can be told', async () => {
    const answer = await place.ask(`import cloud from '@lafjs/cloud'
import { MongoServerError } from 'mongodb'
export default async function () {
  const settings = cloud.mongo.db.collection('settings')
  const name = await settings.createIndex({ key: 1 }, { unique: true })
  await settings.createIndex({ createdAt: -1 })
  await settings.insertOne({ key: 'basic', createdAt: new Date() })
  try { await settings.insertOne({ key: 'basic' }) }
  catch (error) { return { name, code: error.code, told: error instanceof MongoServerError && error instanceof Error, indexes: (await settings.indexes()).map(({ name }) => name) } }
}`);
    expect(answer).toEqual({ name: 'key_1', code: 11_000, told: true, indexes: ['_id_', 'key_1', 'createdAt_-1'] });
  });

  describe('transactions', () => {
    beforeAll(async () => {
      await place.host.publish(
        'transfer',
        `import cloud from '@lafjs/cloud'
const { client, db } = cloud.mongo
const accounts = db.collection('accounts')

export async function main(ctx: FunctionContext) {
  const { from, to, amount } = ctx.body
  const session = client.startSession()
  try {
    await session.withTransaction(async () => {
      await accounts.updateOne({ name: from }, { $inc: { balance: -amount } }, { session })
      await accounts.updateOne({ name: to }, { $inc: { balance: amount } }, { session })
      const { balance } = await accounts.findOne({ name: from }, { session })
      if (balance < 0) throw new Error('not enough')
    })
    return { ok: true }
  } catch (error) {
    return { ok: false, message: error.message }
  } finally {
    await session.endSession()
  }
}`,
      );
      await place.db.collection('accounts').insertMany([
        { name: 'ada', balance: 100 },
        { name: 'bob', balance: 0 },
      ]);
    });

    async function transfer(from: string, to: string, amount: number): Promise<unknown> {
      const body = JSON.stringify({ from, to, amount });
      return (await place.host.call('/transfer', { method: 'POST', body, headers: { 'content-type': 'application/json' } })).json;
    }

    const balances = async (): Promise<unknown[]> =>
      (await place.db.collection('accounts').find().sort({ name: 1 }).toArray()).map(({ balance }) => balance);

    it('withTransaction() commits all or nothing', async () => {
      expect(await transfer('ada', 'bob', 30)).toEqual({ ok: true });
      expect(await balances()).toEqual([70, 30]);
      expect(await transfer('ada', 'bob', 71)).toEqual({ ok: false, message: 'not enough' });
      expect(await balances()).toEqual([70, 30]);
    });

    it('keeps the sum when calls overlap', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? transfer('ada', 'bob', 1) : transfer('bob', 'ada', 1))),
      );
      expect(answers).toEqual(Array.from({ length: 20 }, () => ({ ok: true })));
      expect(await balances()).toEqual([70, 30]);
    });

    it('startTransaction(), commitTransaction() and abortTransaction()', async () => {
      const answer = await place.ask(`import cloud from '@lafjs/cloud'
const orders = cloud.mongo.db.collection('orders')
async function order(item: string, fail: boolean) {
  const session = cloud.mongo.client.startSession()
  try {
    session.startTransaction()
    await orders.insertOne({ item }, { session })
    const seenOutside = await orders.countDocuments({ item })
    if (fail) throw new Error('out of stock')
    await session.commitTransaction()
    return { seenOutside, seen: await orders.countDocuments({ item }) }
  } catch (error) {
    await session.abortTransaction()
    return { message: error.message, seen: await orders.countDocuments({ item }) }
  } finally {
    await session.endSession()
  }
}
export default async () => [await order('book', false), await order('lamp', true)]`);
      expect(answer).toEqual([
        { seenOutside: 0, seen: 1 },
        { message: 'out of stock', seen: 0 },
      ]);
    });
  });

  describe('watch()', () => {
    it('answers the changes of a collection within a call', async () => {
      const answer = await place.ask(`import cloud from '@lafjs/cloud'
const jobs = cloud.mongo.db.collection('jobs')
exports.main = async () => {
  const stream = jobs.watch([{ $match: { operationType: { $in: ['insert', 'update'] } } }], { fullDocument: 'updateLookup' })
  try {
    await stream.tryNext()
    await jobs.insertOne({ _id: 'j', state: 'new' })
    await jobs.updateOne({ _id: 'j' }, { $set: { state: 'done' } })
    const changes = [await stream.next(), await stream.next()]
    return changes.map(({ operationType, fullDocument }) => [operationType, fullDocument.state])
  } finally {
    await stream.close()
  }
}`);
      expect(answer).toEqual([
        ['insert', 'new'],
        ['update', 'done'],
      ]);
    });

    it('pushes what is inserted to the open sockets', async () => {
      const { host, db } = place;
      await host.publish('__websocket__', 'export async function main(ctx) {}');
      await host.publish(
        'follow',
        `import cloud from '@lafjs/cloud'
export default async function () {
  const stream = cloud.mongo.db.collection('messages').watch()
  stream.on('change', ({ fullDocument }) => cloud.sockets.forEach((socket) => socket.send(fullDocument.text)))
  stream.on('error', (error) => console.error(error))
  cloud.shared.set('stream', stream)
}`,
      );
      await host.publish('unfollow', "import cloud from '@lafjs/cloud';\nexport default () => cloud.shared.get('stream').close();");
      const received: string[] = [];
      const socket = await host.connect();
      socket.on('message', (data: unknown) => received.push(String(data)));
      await place.call('/follow');
      const insert = (text: string): Promise<unknown> => db.collection('messages').insertOne({ text });
      // The stream is not open yet when the function has answered.
      await expect
        .poll(async () => {
          await insert('hello');
          return received[0];
        }, patience)
        .toBe('hello');
      await insert('last');
      await expect.poll(() => received.at(-1), patience).toBe('last');
      await place.call('/unfollow');
      socket.terminate();
    });
  });

  describe('the pool', () => {
    const width = 5;
    beforeAll(async () => {
      await place.host.publish(
        'pool',
        `import cloud from '@lafjs/cloud'
const { client, db } = cloud.mongo
const first = cloud.shared.get('client') ?? cloud.shared.set('client', client).get('client')
export default async () => {
  const answers = await Promise.all(Array.from({ length: ${width} }, () => db.command({ hello: 1 })))
  return { ids: [...new Set(answers.map(({ connectionId }) => connectionId))], same: first === client && client === cloud.mongo.client && db === cloud.mongo.db }
}`,
      );
    });

    interface Pool {
      /** What mongod calls the connections that carried calls which overlapped. */
      readonly ids: readonly number[];
      readonly same: boolean;
    }
    const pool = async (): Promise<Pool> => (await place.host.call('/pool')).json;

    const connections = async (): Promise<number> => (await place.client.db('admin').command({ serverStatus: 1 }))['connections'].current;

    /** Which of these connections mongod still has. */
    async function open(ids: readonly number[]): Promise<number> {
      const stages = [{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { connectionId: { $in: ids } } }];
      return (await place.client.db('admin').aggregate(stages).toArray()).length;
    }

    // Clients open connections of their own to watch the server, some of them only after a while.
    const monitors = 6;

    it('stays what it is over 50 publishes, with handles made anew each time', async () => {
      const { ids } = await pool();
      expect(ids.length).toBeGreaterThan(1);
      const before = await connections();
      for (let round = 0; round < 50; round += 1) {
        const source = `import cloud from '@lafjs/cloud';\nconst db = cloud.database();\nconst users = cloud.mongo.db.collection('users');\nexport default async () => [${round}, (await db.collection('users').count()).ok, await users.countDocuments()];`;
        await place.host.publish('often', source);
        expect(await place.call('/often')).toEqual([round, true, 0]);
      }
      expect((await pool()).same).toBe(true);
      expect(await open(ids)).toBe(ids.length);
      // The calls of the second look may have overlapped more than those of the first.
      expect(await connections()).toBeLessThanOrEqual(before + width - ids.length + monitors);
    });

    it('of the old worker is closed by a restart, after the calls under way, and the new one works', async () => {
      const { host, db } = place;
      await host.publish(
        'slow',
        `import cloud from '@lafjs/cloud'
const gate = cloud.mongo.db.collection('gate')
export default async () => {
  await gate.insertOne({ _id: 'begun' })
  while (!(await gate.findOne({ _id: 'go' }))) await new Promise((resolve) => setTimeout(resolve, 10))
  return (await cloud.database().collection('gate').count()).total
}`,
      );
      const { ids } = await pool();
      const before = await connections();
      const slow = place.call('/slow');
      await expect.poll(() => db.collection<{ _id: string }>('gate').findOne({ _id: 'begun' }), patience).not.toBeNull();
      const restarted = restartWorker();
      await expect.poll(async () => (await host.api('GET', '/_/readyz')).json.status, patience).toBe('draining');
      expect(await open(ids)).toBeGreaterThan(0);
      await db.collection<{ _id: string }>('gate').insertOne({ _id: 'go' });
      expect(await slow).toBe(2);
      await restarted;
      await expect.poll(() => open(ids), patience).toBe(0);
      const next = await pool();
      expect(next.same).toBe(true);
      expect(next.ids.some((id) => ids.includes(id))).toBe(false);
      await expect.poll(connections, patience).toBeLessThanOrEqual(before + width - ids.length + monitors);
    });

    it('is not closed by a function that closes the client', async () => {
      const answer = await place.ask(`import cloud from '@lafjs/cloud'
export default async () => {
  try { return await cloud.mongo.db.collection('users').countDocuments() } finally { await cloud.mongo.client.close() }
}`);
      expect(answer).toBe(0);
      expect((await pool()).same).toBe(true);
      expect(await place.query("return (await db.collection('users').count()).ok")).toBe(true);
    });

    it('is gone with the host', async () => {
      const { ids } = await pool();
      const worker = await place.host.workerPid();
      expect(await place.host.end()).toBe(0);
      await expect.poll(() => open(ids), patience).toBe(0);
      await untilGone([worker]);
    });
  });
});
