import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFunction } from './functions.ts';
import { DatabasePlace, withoutMongod } from './place.ts';

describe.skipIf(withoutMongod())('functions written for Laf', () => {
  let place: DatabasePlace;
  beforeAll(async () => {
    // As a worker does before it loads functions; the query language is loaded after that.
    Object.preventExtensions(Object.prototype);
    place = await DatabasePlace.start();
  });
  afterAll(() => place[Symbol.asyncDispose]());
  const run = (source: string): Promise<unknown> => runFunction(source, place.mongo);

  it('a handle at the top of the module, exports.main, and results as Laf gives them', async () => {
    const answer = await run(`
      import cloud from '@lafjs/cloud'
      const db = cloud.database()
      const _ = db.command
      exports.main = async function (ctx: FunctionContext) {
        const user = db.collection('user')
        const { id, ok } = await user.add({ name: 'jack', age: 18, count: { favorites: 1 }, createdAt: new Date(0) })
        await user.add([{ name: 'rose', age: 30 }, { name: 'tom', age: 60 }], { multi: true })
        const grown = await user.where({ age: _.gte(30).and(_.lt(61)) }).orderBy('age', 'desc').get()
        const { updated } = await user.doc(id).update({ count: { favorites: _.inc(1) }, users: _.push(['aaa', 'bbb']) })
        const one = await user.where({ name: /^JA/i }).getOne()
        const missing = await user.where({ name: 'nobody' }).getOne()
        const { total } = await user.where({ age: _.in([18, 30]) }).count()
        const { deleted } = await user.where({ age: _.gt(20) }).remove({ multi: true })
        return { ok, names: grown.data.map((u) => u.name), updated, one: one.data, found: !!missing.data, total, deleted, same: one.data._id === id }
      }`);
    expect(answer).toEqual({
      ok: true,
      names: ['tom', 'rose'],
      updated: 1,
      one: {
        _id: expect.any(String),
        name: 'jack',
        age: 18,
        count: { favorites: 2 },
        createdAt: new Date(0),
        users: ['aaa', 'bbb'],
      },
      found: false,
      total: 2,
      deleted: 2,
      same: true,
    });
  });

  it('documents and ids of cloud.mongo are those of cloud.database(), of mongodb and of bson', async () => {
    const answer = await run(`
      import cloud from '@lafjs/cloud'
      import { ObjectId } from 'mongodb'
      import * as bson from 'bson'
      const db = cloud.database()
      export async function main() {
        const { insertedId } = await cloud.mongo.db.collection('both').insertOne({ name: 'native', owner: new ObjectId() })
        const text = insertedId.toString()
        const found = []
        for (const id of [insertedId, new ObjectId(text), new bson.ObjectId(text), db.ObjectId(text)]) {
          const byDoc = await db.collection('both').doc(id).get()
          const byWhere = await db.collection('both').where({ _id: id }).getOne()
          found.push([byDoc.data.name, byWhere.data._id instanceof ObjectId, byWhere.data._id instanceof bson.ObjectId])
        }
        const byText = await db.collection('both').doc(text).get()
        const { data } = await db.collection('both').doc(insertedId).get()
        const added = await db.collection('both').add({ owner: data.owner })
        const native = await cloud.mongo.db.collection('both').findOne({ _id: added.id, owner: data.owner })
        return { found, byText: byText.data, native: native.owner instanceof ObjectId }
      }`);
    expect(answer).toEqual({ found: Array.from({ length: 4 }, () => ['native', true, true]), byText: null, native: true });
  });

  it('joins, aggregation, and a transaction of the driver beside them', async () => {
    const answer = await run(`
      import cloud from '@lafjs/cloud'
      export default async function () {
        const db = cloud.database()
        await db.collection('article').add([{ id: 1, author_id: 7 }, { id: 2, author_id: 8 }], { multi: true })
        await db.collection('tag').add([{ article_id: 1, t: 'a' }, { article_id: 1, t: 'b' }], { multi: true })
        const session = cloud.mongo.client.startSession()
        await session.withTransaction(async () => {
          await cloud.mongo.db.collection('author').insertOne({ id: 7, name: 'Jane' }, { session })
          await cloud.mongo.db.collection('article').updateOne({ id: 1 }, { $set: { signed: true } }, { session })
        })
        await session.endSession()
        const tags = await db.collection('article').where({ id: 1 })
          .with({ query: db.collection('tag').orderBy('t', 'asc'), localField: 'id', foreignField: 'article_id', as: 'tags' }).getOne()
        const author = await db.collection('article').where({ signed: true })
          .withOne({ query: db.collection('author'), localField: 'author_id', foreignField: 'id', as: 'author' }).get()
        const looked = await db.collection('article').aggregate().match({ id: 1 })
          .lookup({ from: 'tag', localField: 'id', foreignField: 'article_id', as: 'tags' }).end()
        return [tags.data.tags.map(({ t }) => t), author.data[0].author.name, looked.data[0].tags.length]
      }`);
    expect(answer).toEqual([['a', 'b'], 'Jane', 2]);
  });

  it('what fails can be caught', async () => {
    const answer = await run(`
      import cloud from '@lafjs/cloud'
      export default async () => {
        const once = cloud.database().collection('once')
        await once.createIndex({ k: 1 }, { unique: true })
        await once.add({ k: 1 })
        try { await once.add({ k: 1 }) } catch (error) { return [error instanceof Error, error.code] }
      }`);
    expect(answer).toEqual([true, 11000]);
  });
});
