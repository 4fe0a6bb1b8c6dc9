import { MongoServerError } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../runtime/worker/cloud/database/database.ts';
import type { Database, DatabaseCollection, DatabaseQuery } from '../../../../sdk/database.ts';
import { CloudError } from '../../../../sdk/errors.ts';
import { bson, DatabasePlace, withoutMongod } from './place.ts';

it('cloud.database() throws what the host says when there is no database', () => {
  const database = createDatabase(() => {
    throw new CloudError('DATABASE_UNAVAILABLE', 'there is none');
  });
  expect(() => database()).toThrow(CloudError);
});

describe.skipIf(withoutMongod())('cloud.database()', () => {
  const day = new Date('2024-01-02T03:04:05Z');
  const old = new Date('1960-01-01');
  const id = new bson.ObjectId('64b000000000000000000001');
  let place: DatabasePlace;
  let db: Database;
  let _: Database['command'];
  let users: DatabaseCollection;

  beforeAll(async () => {
    place = await DatabasePlace.start();
    db = place.database();
    _ = db.command;
    users = db.collection('users');
  });
  afterAll(() => place[Symbol.asyncDispose]());
  beforeEach(async () => {
    await place.mongo.collection('users').deleteMany();
    await place.mongo.collection<{ _id: unknown; n: number; [field: string]: unknown }>('users').insertMany([
      { _id: 'a', n: 1, name: 'jack', tags: ['x', 'y'], style: { color: 'red', size: 1 }, at: day, positions: [{ area: 300, age: 1 }] },
      { _id: 'b', n: 2, name: 'rose', tags: ['y'], style: { color: 'blue' }, at: old },
      { _id: id, n: 3, name: 'tom', tags: [], ref: id, deep: { ids: [id] } },
    ]);
  });

  const numbers = async (query: DatabaseQuery): Promise<number[]> => {
    const { data } = await query.orderBy('n', 'asc').get<{ n: number }>();
    return (data ?? []).map(({ n }) => n);
  };
  const stored = (): Promise<unknown> => place.mongo.collection<{ _id: string }>('users').findOne({ _id: 'a' });

  it('a fresh handle with each call, for which nothing is loaded twice', () => {
    expect(place.database()).not.toBe(db);
    expect(place.database().command).toBe(_);
  });

  it('get(), getOne() and doc().get() answer data as Laf does', async () => {
    expect(await users.where({ n: 2 }).field({ name: 1 }).get()).toEqual({ data: [{ _id: 'b', name: 'rose' }], ok: true });
    expect(await users.where({ n: 2 }).field(['name']).getOne()).toEqual({ data: { _id: 'b', name: 'rose' }, ok: true });
    expect(await users.where({ n: 9 }).get()).toEqual({ data: [], ok: true });
    expect(await users.where({ n: 9 }).getOne()).toEqual({ data: null, ok: true });
    expect((await users.doc('a').field({ n: 1 }).get()).data).toEqual({ _id: 'a', n: 1 });
    expect((await users.doc('nobody').get()).data).toBeNull();
  });

  it('get() answers 100 documents unless limit() says more, and 1,000 at most', async () => {
    await place.mongo.collection('many').insertMany(Array.from({ length: 1_100 }, (__, n) => ({ n })));
    const many = db.collection('many');
    const lengths = await Promise.all([many, many.limit(500), many.limit(5_000)].map(async (query) => (await query.get()).data?.length));
    expect(lengths).toEqual([100, 500, 1_000]);
    expect(await many.count()).toEqual({ total: 1_100, ok: true });
  });

  it('orderBy(), skip(), limit() and page()', async () => {
    const ordered = users.orderBy('n', 'desc').field({ _id: 0, n: 1 });
    expect((await ordered.skip(1).limit(1).get()).data).toEqual([{ n: 2 }]);
    const second = { data: [{ n: 1 }], ok: true, total: 3, limit: 2, offset: 2 };
    expect(await ordered.page({ current: 2, size: 2 }).get()).toEqual(second);
    expect(() => users.orderBy('n', Object('up'))).toThrow();
    expect(() => users.limit(Object('3'))).toThrow('limitmust be integer');
  });

  it.each<[string, () => object, number[]]>([
    ['nested objects as dotted keys', () => ({ style: { color: 'red', size: 1 } }), [1]],
    ['dotted and positional keys', () => ({ 'style.color': 'blue', 'tags.0': 'y' }), [2]],
    ['eq() of an object', () => ({ style: _.eq({ color: 'blue' }) }), [2]],
    ['an array of objects', () => ({ positions: { area: _.gt(100) } }), [1]],
    ['a RegExp', () => ({ name: /^JA/i }), [1]],
    ['RegExp()', () => ({ name: db.RegExp({ regexp: '^ro', options: 'i' }) }), [2]],
    ['raw $regex', () => ({ name: { $regex: '^TO', $options: 'i' } }), [3]],
    ['raw $regex with a RegExp', () => ({ name: { $regex: /^TO/i } }), [3]],
    ['and()', () => ({ n: _.gt(1).and(_.lt(3)) }), [2]],
    ['a chain', () => ({ n: _.gte(1).lte(2) }), [1, 2]],
    ['or() of a field', () => ({ n: _.or([_.eq(1), _.eq(3)]) }), [1, 3]],
    ['or() of conditions', () => _.or([{ n: _.gt(2) }, { name: 'jack' }]), [1, 3]],
    ['and() of conditions', () => _.and([{ n: _.gt(1) }, { name: /o/ }]), [2, 3]],
    ['nor()', () => _.nor([{ n: 1 }, { name: 'rose' }]), [3]],
    ['not()', () => ({ n: _.not(_.eq(1)) }), [2, 3]],
    ['neq()', () => ({ n: _.neq(1) }), [2, 3]],
    ['in()', () => ({ n: _.in([1, 2]) }), [1, 2]],
    ['nin()', () => ({ n: _.nin([1, 2]) }), [3]],
    ['raw $in', () => ({ n: { $in: [1, 3] } }), [1, 3]],
    ['exists()', () => ({ style: _.exists(false) }), [3]],
    ['mod()', () => ({ n: _.mod([2, 0]) }), [2]],
    ['all()', () => ({ tags: _.all(['x', 'y']) }), [1]],
    ['size()', () => ({ tags: _.size(0) }), [3]],
    ['elemMatch()', () => ({ positions: _.elemMatch({ area: _.gt(100), age: _.neq(2) }) }), [1]],
    ['commands within raw operators', () => ({ $or: [{ n: _.gt(2) }, { n: _.lt(2) }] }), [1, 3]],
    ['expr()', () => _.expr(_.aggregate.gt(['$n', 2])), [3]],
    ['$where', () => ({ $where: 'this.n > 2' }), [3]],
    ['a date', () => ({ at: day }), [1]],
    ['gte() of a date', () => ({ at: _.gte(day) }), [1]],
    ['raw $gte of a date', () => ({ at: { $gte: day } }), [1]],
    ['a date before 1970', () => ({ at: old }), [2]],
    ['an ObjectId', () => ({ _id: id }), [3]],
    ['in() of ids', () => ({ _id: _.in([id, 'a']) }), [1, 3]],
    ['raw $in of ids', () => ({ _id: { $in: [id, 'a'] } }), [1, 3]],
    ['an id in a list', () => ({ 'deep.ids': id }), [3]],
    ['extended JSON', () => ({ ref: { $oid: id.toHexString() } }), [3]],
    ['undefined beside others', () => ({ n: 2, name: undefined }), [2]],
    ['null', () => ({ ref: null }), [1, 2]],
    ['nothing', () => ({}), [1, 2, 3]],
  ])('where() takes %s', async (__, condition, expected) => {
    expect(await numbers(users.where(condition()))).toEqual(expected);
  });

  it('where() throws for what is no condition', () => {
    expect(() => users.where('n')).toThrow();
    expect(() => users.where({ n: undefined })).toThrow();
    expect(() => users.doc('')).toThrow('docID cannot be empty');
    expect(() => db.collection('')).toThrow('Collection name is required');
  });

  it('add() answers a new id as text, replaces a given one, and keeps values', async () => {
    const decimal = bson.Decimal128.fromString('2.50');
    const added = await users.add({
      _id: 'mine',
      decimal,
      big: bson.Long.fromString('9007199254740993'),
      bytes: Buffer.from('yo'),
      old,
      id,
    });
    expect(added).toEqual({ id: expect.stringMatching(/^[0-9a-f]{24}$/), ok: true });
    const native: unknown = await place.mongo.collection('users').findOne({ _id: added.id });
    const { data } = await users.doc(added.id).get();
    expect(data).toEqual(native);
    expect(data.id).toBeInstanceOf(bson.ObjectId);
    expect(data.decimal).toBeInstanceOf(bson.Decimal128);
    expect([String(data.decimal), String(data.big), data.bytes.toString('utf8'), data.old]).toEqual([
      '2.50',
      '9007199254740993',
      'yo',
      old,
    ]);
  });

  it('add() with multi answers an id for each', async () => {
    const added = await users.add([{ n: 4 }, { n: 5 }], { multi: true });
    expect(added).toEqual({ id: { 0: expect.any(String), 1: expect.any(String) }, insertedCount: 2, ok: true });
    await expect(users.add([{ n: 6 }])).rejects.toThrow('multi: true');
    await expect(users.add({})).rejects.toThrow('empty');
    expect(await numbers(users)).toEqual([1, 2, 3, 4, 5]);
  });

  it('add() refuses circles and __proto__', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await expect(users.add(circle)).rejects.toThrow(/circular/);
    await expect(users.add(JSON.parse('{"name":"x","__proto__":{"admin":true}}'))).rejects.toThrow('__proto__');
  });

  it('update() changes one or all, and answers how many', async () => {
    const changed = { updated: 1, matched: 1, upsertId: null, ok: true };
    expect(await users.where({ name: 'jack' }).update({ style: { color: 'green' } })).toEqual(changed);
    expect(await stored()).toMatchObject({ name: 'jack', style: { color: 'green', size: 1 } });
    expect(await users.doc('a').update({ n: 1 })).toEqual({ ...changed, updated: 0 });
    expect(await users.where({}).update({ all: true }, { multi: true })).toEqual({ ...changed, updated: 3, matched: 3 });
    expect(await users.where({ n: 9 }).update({ all: false })).toEqual({ ...changed, updated: 0, matched: 0 });
    await expect(users.doc('a').update({ _id: 'b' })).rejects.toThrow('_id');
  });

  it('update() with upsert, and with merge: false', async () => {
    const { upsertId } = await users.where({ name: 'new' }).update({ n: 9 }, { upsert: true });
    expect(upsertId).toBeInstanceOf(bson.ObjectId);
    expect((await users.doc(upsertId).get()).data).toMatchObject({ n: 9, name: 'new' });
    await users.doc('a').set({ n: 7, at: day });
    expect(await stored()).toEqual({ _id: 'a', n: 7, at: day });
    expect(await users.doc('new').set({ n: 8 })).toEqual({ updated: 0, matched: 0, upsertId: 'new', ok: true });
    await users.where({ _id: 'a' }).update({ n: 6 }, { merge: false });
    expect(await stored()).toEqual({ _id: 'a', n: 6 });
    await expect(users.doc('a').set({ n: _.inc(1) })).rejects.toThrow('operator');
  });

  it.each<[string, () => object, object]>([
    ['inc, mul, max, min', () => ({ n: _.inc(2), 'style.size': _.mul(3), a: _.max(4), b: _.min(5) }), { n: 3, a: 4, b: 5 }],
    ['remove', () => ({ style: { size: _.remove() } }), { style: { color: 'red' } }],
    ['set', () => ({ style: _.set({ at: day, id }) }), { style: { at: day, id } }],
    ['rename', () => ({ name: _.rename('title') }), { title: 'jack' }],
    ['push', () => ({ tags: _.push(['z']) }), { tags: ['x', 'y', 'z'] }],
    ['push with options', () => ({ tags: _.push({ each: ['m', 'a'], position: 1, sort: 1, slice: 3 }) }), { tags: ['a', 'm', 'x'] }],
    ['pop', () => ({ tags: _.pop() }), { tags: ['x'] }],
    ['shift', () => ({ tags: _.shift() }), { tags: ['y'] }],
    ['unshift', () => ({ tags: _.unshift(['0']) }), { tags: ['0', 'x', 'y'] }],
    ['pull', () => ({ tags: _.pull(_.in(['x'])) }), { tags: ['y'] }],
    ['pullAll', () => ({ tags: _.pullAll(['x', 'y']) }), { tags: [] }],
    ['addToSet', () => ({ tags: _.addToSet('z') }), { tags: ['x', 'y', 'z'] }],
    ['raw operators', () => ({ $set: { at: old, id }, $inc: { n: 1 } }), { at: old, id, n: 2 }],
    ['undefined', () => ({ n: 5, name: undefined }), { n: 5, name: 'jack' }],
    ['serverDate()', () => ({ seen: db.serverDate({ offset: 1 }) }), { seen: expect.any(Date) }],
  ])('update() takes %s', async (__, change, expected) => {
    expect(await users.doc('a').update(change())).toMatchObject({ updated: 1 });
    expect(await stored()).toMatchObject(expected);
  });

  it('update() takes a positional key', async () => {
    await users.where({ 'positions.area': 300 }).update({ 'positions.$.age': 2 });
    expect(await stored()).toMatchObject({ positions: [{ area: 300, age: 2 }] });
  });

  it('remove() removes one or all', async () => {
    expect(await users.doc(id).remove()).toEqual({ deleted: 1, ok: true });
    expect(await users.remove()).toEqual({ deleted: 1, ok: true });
    expect(await users.where({ n: _.gt(0) }).remove({ multi: true })).toEqual({ deleted: 1, ok: true });
    expect(await users.remove()).toEqual({ deleted: 0, ok: true });
  });

  it('with() and withOne() join, by ids as well', async () => {
    await place.mongo.collection('posts').insertMany([
      { t: 1, user: 'a' },
      { t: 2, user: 'a' },
      { t: 3, user: id },
    ]);
    const posts = db.collection('posts').orderBy('t', 'asc').field({ _id: 0 });
    const many = await users.field(['n']).with({ query: posts, localField: '_id', foreignField: 'user' }).get();
    const lists = (many.data ?? []).map((user) => user.posts?.map((post: { t: number }) => post.t));
    expect(lists).toEqual([[1, 2], undefined, [3]]);
    const one = await posts.withOne({ query: users.field(['name']), localField: 'user', foreignField: '_id', as: 'author' }).get();
    expect((one.data ?? []).map((post) => post.author.name)).toEqual(['jack', 'jack', 'tom']);
  });

  it('aggregate() takes stages, operators, pipelines and raw stages', async () => {
    const $ = _.aggregate;
    const grouped = users
      .aggregate()
      .match({ n: _.gt(1) })
      .group({ _id: null, sum: $.sum('$n') })
      .end();
    expect(await grouped).toEqual({ data: [{ _id: null, sum: 5 }], ok: true });
    const staged = users
      .aggregate()
      .match({ name: /o/ })
      .addFields({ m: { $multiply: ['$n', 2] } })
      .sort({ n: -1 })
      .skip(1)
      .limit(1);
    expect((await staged.project({ _id: 0, m: 1 }).end()).data).toEqual([{ m: 4 }]);
    const pipeline = $.pipeline()
      .match(_.expr($.eq(['$n', '$$next'])))
      .project({ n: 1, ref: 1 })
      .done();
    const looked = users
      .aggregate()
      .match({ n: 2 })
      .lookup({ from: 'users', let: { next: { $add: ['$n', 1] } }, pipeline, as: 'next' });
    expect((await looked.unwind('$next').replaceRoot({ newRoot: '$next' }).end()).data).toEqual([{ _id: id, n: 3, ref: id }]);
    const raw = users.aggregate([{ $match: { at: { $gte: day }, 'deep.ids': { $ne: id } } }, { $count: 'total' }]);
    expect((await raw.end()).data).toEqual([{ total: 1 }]);
    const buckets = users.aggregate().bucket({ groupBy: '$n', boundaries: [0, 2, 9], output: { count: { $sum: 1 } } });
    expect((await buckets.end()).data).toEqual([
      { _id: 0, count: 1 },
      { _id: 2, count: 2 },
    ]);
    expect((await users.aggregate().sample({ size: 2 }).end()).data).toHaveLength(2);
    await expect(users.aggregate().end()).rejects.toThrow('empty');
  });

  it('Geo values are stored as GeoJSON, found, and come back as instances', async () => {
    const { Point, LineString, Polygon } = db.Geo;
    const spots = db.collection('spots');
    await spots.createIndex({ at: '2dsphere' });
    await spots.add({ at: new Point(1, 1.2) });
    const ring = [new Point(0, 0), new Point(3, 2), new Point(2, 3), new Point(0, 0)];
    const within = spots.where({ at: _.geoWithin({ geometry: new Polygon([new LineString(ring)]) }) });
    const near = spots.where({ at: _.geoNear({ geometry: new Point(1, 1.2), maxDistance: 100 }) });
    for (const query of [within, near]) expect((await query.getOne()).data.at).toEqual(new Point(1, 1.2));
    expect(await place.mongo.collection('spots').findOne()).toMatchObject({ at: { type: 'Point', coordinates: [1, 1.2] } });
  });

  it('indexes are made, listed and dropped by name or keys', async () => {
    const indexed = db.collection('indexed');
    expect(await indexed.createIndex({ n: 1 }, { unique: true })).toEqual({ indexName: 'n_1', ok: true });
    await indexed.createIndex({ name: 1 });
    const { list } = await indexed.listIndexes();
    expect(list).toMatchObject([{ name: '_id_' }, { name: 'n_1', unique: true }, { name: 'name_1' }]);
    expect(await indexed.dropIndex('n_1')).toMatchObject({ result: { ok: 1 }, ok: true });
    expect(await indexed.dropIndex({ name: 1 })).toMatchObject({ ok: true });
    expect((await indexed.listIndexes()).list).toHaveLength(1);
  });

  it("queries reject with the driver's errors", async () => {
    const unique = db.collection('unique');
    await unique.createIndex({ name: 1 }, { unique: true });
    await unique.add({ name: 'jack' });
    const duplicate = unique.add({ name: 'jack' });
    await expect(duplicate).rejects.toBeInstanceOf(MongoServerError);
    await expect(duplicate).rejects.toMatchObject({ code: 11000 });
    await expect(users.where({ $nope: 1 }).get()).rejects.toThrow('$nope');
    await expect(users.where({ _id: { $oid: 'x' } }).get()).rejects.toThrow(bson.BSONError);
  });

  it('queries reject while MongoDB is away, and the same handle works when it is back', async () => {
    await place.mongod.kill();
    const queries = [users.get(), users.page({ current: 1, size: 2 }).get(), users.add({ n: 1 }), users.aggregate().count('n').end()];
    const outcomes = await Promise.allSettled(queries);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    await place.mongod.restart();
    expect(await users.count()).toEqual({ total: 3, ok: true });
  });
});
