import { createRequire } from 'node:module';
import type * as Bson from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppDatabase } from '../../../../runtime/worker/cloud/app-database.ts';
import { createDatabase } from '../../../../runtime/worker/cloud/database/database.ts';
import { toHostValues } from '../../../../runtime/worker/cloud/database/foreign-values.ts';
import { TestMongod } from '../../../mongod.ts';
import { bson, withoutMongod } from './place.ts';

const load = createRequire(import.meta.url);

/** What apps bring along: values without a version, and with another one. */
const foreign: readonly (readonly [string, typeof Bson])[] = ['bson4', 'bson5'].map((name) => [name, load(name)]);

const hex = '64b000000000000000000001';

/** A document with a value of each kind, made by this package. */
function everyKind({ ObjectId, Long, Timestamp, Double, Int32, Decimal128, Binary, UUID, BSONRegExp, BSONSymbol, ...more }: typeof Bson) {
  const { MinKey, MaxKey, Code, DBRef } = more;
  return {
    id: new ObjectId(hex),
    long: Long.fromString('-9007199254740993'),
    unsigned: Long.fromNumber(7, true),
    timestamp: new Timestamp({ t: 4_000_000_000, i: 6 }),
    double: new Double(1),
    int: new Int32(3),
    decimal: Decimal128.fromString('1.25E-7'),
    binary: new Binary(Buffer.from('bytes'), 128),
    uuid: new UUID('9a0dbb8e-7a5d-4f55-8c56-1f5e1f0c2b11'),
    regex: new BSONRegExp('^a', 'i'),
    symbol: new BSONSymbol('s'),
    min: new MinKey(),
    max: new MaxKey(),
    code: new Code('return x;', { x: new ObjectId(hex) }),
    ref: new DBRef('users', new ObjectId(hex), 'other', { note: new Int32(1) }),
  };
}

describe.each(foreign)('toHostValues() of %s', (_, other) => {
  it('makes the same bytes of every kind of value as the host', () => {
    const own = bson.serialize(everyKind(bson));
    expect(() => bson.serialize(everyKind(other))).toThrow('Unsupported BSON version');
    expect(Buffer.from(bson.serialize(Object(toHostValues(everyKind(other), bson)))).equals(own)).toBe(true);
  });

  it('finds values in arrays, maps, objects with toBSON() and the host’s own references, and leaves all else alone', () => {
    const id = new other.ObjectId(hex);
    const date = new Date(0);
    const given = {
      list: [[id], null, undefined],
      map: new Map([['id', id]]),
      custom: { toBSON: () => ({ id }) },
      ref: new bson.DBRef('users', new bson.ObjectId(), undefined, { id }),
      date,
      bytes: Buffer.from('x'),
      pattern: /x/i,
      own: new bson.ObjectId(hex),
      ['__proto__']: 1,
    };
    const host = new bson.ObjectId(hex);
    const converted = toHostValues(given, bson);
    expect(converted).toMatchObject({
      list: [[host], null, undefined],
      map: new Map([['id', host]]),
      custom: { id: host },
      date,
      pattern: /x/i,
    });
    expect(Reflect.get(Object(converted), 'own')).toBe(given.own);
    expect(Object.keys(Object(converted))).toContain('__proto__');
    expect(() => bson.serialize(Object(converted))).not.toThrow();
  });
});

describe('toHostValues()', () => {
  it('converts ids and numbers as bson 1 makes them', () => {
    const id = { _bsontype: 'ObjectID', id: Buffer.from(hex, 'hex').toString('latin1'), toHexString: () => hex };
    const given = { id, long: { _bsontype: 'Long', low_: 1, high_: 2 } };
    expect(toHostValues(given, bson)).toEqual({ id: new bson.ObjectId(hex), long: bson.Long.fromBits(1, 2) });
  });

  it('throws for a circle, as the driver does', () => {
    const circle: Record<string, unknown> = { id: new (load('bson5').ObjectId)(hex) };
    circle['self'] = circle;
    expect(() => toHostValues(circle, bson)).toThrow('circular');
  });

  it('says what to remove for a kind that the host does not know', () => {
    expect(() => toHostValues({ x: { _bsontype: 'Quaternion' } }, bson)).toThrow('Remove "bson" and "mongodb" from the packages');
  });
});

describe.skipIf(withoutMongod()).each(foreign)('a function with %s of its own', (_, { ObjectId, Long, Decimal128 }) => {
  let mongod: TestMongod;
  let database: AppDatabase;
  const id = new ObjectId(hex);

  beforeAll(async () => {
    mongod = await TestMongod.start();
    database = new AppDatabase(mongod.uri('foreign'), () => {});
  });
  afterAll(async () => {
    await database.close();
    await mongod[Symbol.asyncDispose]();
  });

  it('reads and writes with its values through cloud.mongo: filters, updates, pipelines, bulk writes, commands', async () => {
    const items = database.db.collection('items');
    await items.insertMany([
      { _id: id, n: Long.fromNumber(5), price: Decimal128.fromString('1.5') },
      { _id: new ObjectId(), owner: { ids: [id] } },
    ]);
    expect(await items.findOne({ _id: id })).toMatchObject({ _id: new bson.ObjectId(hex), n: 5 });
    expect(await items.countDocuments({ 'owner.ids': { $in: [id] } })).toBe(1);
    await items.updateOne({ _id: { $eq: id } }, { $set: { friend: new Map([['id', id]]) } });
    await items.bulkWrite([{ updateOne: { filter: { _id: id }, update: { $set: { list: [id] } } } }]);
    const found = await items.aggregate([{ $match: { _id: id } }, { $addFields: { same: { $eq: ['$_id', id] } } }]).toArray();
    expect(found).toMatchObject([{ same: true, list: [new bson.ObjectId(hex)], friend: { id: new bson.ObjectId(hex) } }]);
    expect(found[0]?.['_id']).toBeInstanceOf(bson.ObjectId);
    expect(await database.db.command({ count: 'items', query: { _id: id } })).toMatchObject({ n: 1 });
    expect(await items.findOneAndUpdate({ _id: id }, { $set: { seen: true } })).toMatchObject({ value: { _id: new bson.ObjectId(hex) } });
    expect(id.equals(found[0]?.['_id'])).toBe(true);
    expect((await items.deleteMany({ $or: [{ _id: id }, { 'owner.ids': id }] })).deletedCount).toBe(2);
  });

  it('reads and writes with its values through cloud.database()', async () => {
    const db = createDatabase(() => database.db)();
    const things = db.collection('things');
    await things.add({ ref: id, deep: [{ id }], price: Decimal128.fromString('2.5') });
    expect((await things.where({ ref: id }).getOne<{ price: unknown }>()).data?.price).toEqual(bson.Decimal128.fromString('2.5'));
    expect((await things.where({ ref: db.command.in([id, new ObjectId()]) }).count()).total).toBe(1);
    expect((await things.where({ deep: { id } }).count()).total).toBe(1);
    await things.where({ ref: db.command.eq(id) }).update({ other: id, list: db.command.push([id]) });
    expect((await things.where({ other: id, list: id }).count()).total).toBe(1);
    const { data } = await things.aggregate().match({ ref: id }).end<{ ref: unknown }>();
    expect(data?.map(({ ref }) => String(ref))).toEqual([hex]);
    await database.db.collection('things').insertOne({ _id: id });
    expect((await things.doc(Object(id)).get<{ _id: unknown }>()).data?._id).toEqual(new bson.ObjectId(hex));
    expect((await things.where({ _id: id }).remove()).deleted).toBe(1);
  });
});
