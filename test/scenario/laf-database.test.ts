import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changes, conditions, todo } from './laf-samples/database.ts';
import { SamplePlace, withoutMongod } from './laf-samples/place.ts';

const textId: unknown = expect.stringMatching(/^[0-9a-f]{24}$/);

describe.skipIf(withoutMongod('cloud.database() in functions'))('cloud.database() in functions', () => {
  let place: SamplePlace;
  beforeAll(async () => {
    place = await SamplePlace.start('laf_database');
  }, 60_000);
  afterAll(() => place?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    await Promise.all((await place.db.listCollections().toArray()).map(({ name }) => clear(name)));
    await place.db
      .collection<{ _id: string; n: number; [field: string]: unknown }>('todo')
      .insertMany(todo.map((document) => ({ ...document })));
  });

  /** Not the store's own collections, which are in the same database. */
  async function clear(name: string): Promise<void> {
    if (!/hearth|system\./.test(name)) await place.db.collection(name).drop();
  }

  const stored = (): Promise<unknown> => place.db.collection<{ _id: string }>('todo').findOne({ _id: 'a' });

  describe('add()', () => {
    it('adds a document, and answers its id as text', async () => {
      const answer = await place.query(`
  const res = await db.collection('user').add({ _id: 'mine', name: 'jack', createdAt: new Date(0), age: undefined })
  const { data } = await db.collection('user').doc(res.id).get()
  return { res, data, sameId: data._id === res.id, date: data.createdAt instanceof Date }`);
      expect(answer).toEqual({
        res: { id: textId, ok: true },
        data: { _id: textId, name: 'jack', createdAt: new Date(0).toJSON() },
        sameId: true,
        date: true,
      });
    });

    it('adds many with { multi: true }', async () => {
      const answer = await place.query(`
  const res = await db.collection('user').add([{ name: 'jack' }, { name: 'rose' }], { multi: true })
  const { total } = await db.collection('user').count()
  return { res, total }`);
      expect(answer).toEqual({ res: { id: { 0: textId, 1: textId }, insertedCount: 2, ok: true }, total: 2 });
    });
  });

  describe('get(), getOne(), count()', () => {
    it('answer data, ok and total in the shapes that Laf has', async () => {
      const answer = await place.query(`
  const todo = db.collection('todo').field({ _id: 0, n: 1 })
  return {
    get: await todo.where({ n: 1 }).get(),
    nothing: await todo.where({ n: 9 }).get(),
    getOne: await todo.where({ n: 1 }).getOne(),
    none: await todo.where({ n: 9 }).getOne(),
    count: await db.collection('todo').where({ tags: 'cloud' }).count(),
    all: await db.collection('todo').count(),
    doc: await db.collection('todo').doc('b').field(['n']).get(),
    noDoc: await db.collection('todo').doc('nobody').get(),
    falsy: !(await todo.where({ n: 9 }).getOne()).data,
  }`);
      expect(answer).toEqual({
        get: { data: [{ n: 1 }], ok: true },
        nothing: { data: [], ok: true },
        getOne: { data: { n: 1 }, ok: true },
        none: { data: null, ok: true },
        count: { total: 2, ok: true },
        all: { total: 3, ok: true },
        doc: { data: { _id: 'b', n: 2 }, ok: true },
        noDoc: { data: null, ok: true },
        falsy: true,
      });
    });

    it('limit(), skip(), orderBy(), field() and page()', async () => {
      await place.db.collection('many').insertMany(Array.from({ length: 1_050 }, (_, n) => ({ n, odd: n % 2 })));
      const answer = await place.query(`
  const many = db.collection('many')
  const ns = ({ data }) => data.map((it) => it.n)
  return {
    lengths: [(await many.get()).data.length, (await many.limit(1000).get()).data.length, (await many.limit(5000).get()).data.length],
    page2: ns(await many.orderBy('n', 'asc').skip((2 - 1) * 3).limit(3).get()),
    two: ns(await many.orderBy('odd', 'desc').orderBy('n', 'desc').limit(2).get()),
    without: Object.keys((await many.field({ odd: 0 }).getOne()).data),
    page: await many.field({ _id: 0, n: 1 }).orderBy('n', 'asc').page({ current: 3, size: 2 }).get(),
  }`);
      expect(answer).toEqual({
        lengths: [100, 1_000, 1_000],
        page2: [3, 4, 5],
        two: [1_049, 1_047],
        without: ['_id', 'n'],
        page: { data: [{ n: 4 }, { n: 5 }], ok: true, total: 1_050, limit: 2, offset: 4 },
      });
    });
  });

  it.each(conditions)('where() with %s', async (_name, condition, expected) => {
    const answer = await place.query(`
  const { data } = await db.collection('todo').where(${condition}).orderBy('n', 'asc').get()
  const { total } = await db.collection('todo').where(${condition}).count()
  return [data.map((it) => it.n), total]`);
    expect(answer).toEqual([expected, expected.length]);
  });

  // Laf documents these, and the query language of Laf itself, database-ql 1.0.0, does something else.
  // oxlint-disable-next-line vitest/warn-todo -- kept for the day that the language is mended
  it.todo.each([
    ['not() of or(): finds nothing', '{ progress: _.not(_.or([_.lt(50), _.eq(100)])) }', [2]],
    ['exists().nor(): is not a function', '{ progress: _.exists(true).nor([_.lt(20), _.gt(80)]) }', [2]],
    ['mod() of two numbers: takes a list only', '{ progress: _.mod(50, 0) }', [2, 3]],
    ['elemMatch() of commands: finds nothing', '{ scores: _.elemMatch(_.gt(80).lt(100)) }', [1]],
    ['geoWithin() of a centerSphere: throws', '{ at: _.geoWithin({ centerSphere: [[1, 1.2], 10 / 6378.1] }) }', []],
  ])('where() with %s', async (_name, condition, expected) => {
    const answer = await place.query(`return (await db.collection('todo').where(${condition}).get()).data.map((it) => it.n)`);
    expect(answer).toEqual(expected);
  });

  describe('update(), set(), remove()', () => {
    it('answer updated, matched and deleted, for one or with { multi: true } for all', async () => {
      const answer = await place.query(`
  const todo = db.collection('todo')
  return {
    one: await todo.where({ tags: 'cloud' }).update({ seen: 1 }),
    all: await todo.where({ tags: 'cloud' }).update({ seen: 2 }, { multi: true }),
    unconditional: (await todo.update({ seen: 3 }, { multi: true })).updated,
    same: (await todo.where({ n: 1 }).update({ seen: 3 })).updated,
    none: await todo.where({ n: 9 }).update({ seen: 3 }),
    doc: await todo.doc('a').update({ seen: 4 }),
    upsert: (await todo.where({ name: 'new' }).update({ n: 4 }, { upsert: true })).upsertId?.constructor.name,
    removed: await todo.where({ name: 'new' }).remove(),
    removedDoc: await todo.doc('c').remove(),
    removedAll: await todo.remove({ multi: true }),
    removedNone: await todo.where({ n: 1 }).remove(),
  }`);
      const changed = (updated: number, matched = updated): object => ({ updated, matched, upsertId: null, ok: true });
      expect(answer).toEqual({
        one: changed(1),
        all: changed(2),
        unconditional: 3,
        same: 0,
        none: changed(0),
        doc: changed(1),
        upsert: 'ObjectId',
        removed: { deleted: 1, ok: true },
        removedDoc: { deleted: 1, ok: true },
        removedAll: { deleted: 2, ok: true },
        removedNone: { deleted: 0, ok: true },
      });
    });

    it('doc().set() replaces a document, or adds it', async () => {
      const answer = await place.query(`
  const todo = db.collection('todo')
  const replaced = await todo.doc('a').set({ name: 'Hey' })
  const added = await todo.doc('z').set({ name: 'New' })
  return { replaced, added, a: (await todo.doc('a').get()).data, z: (await todo.doc('z').get()).data }`);
      expect(answer).toEqual({
        replaced: { updated: 1, matched: 1, upsertId: null, ok: true },
        added: { updated: 0, matched: 0, upsertId: 'z', ok: true },
        a: { _id: 'a', name: 'Hey' },
        z: { _id: 'z', name: 'New' },
      });
    });

    it.each(changes)('update() with %s', async (_name, change, expected) => {
      const answer = await place.query(`return await db.collection('todo').doc('a').update(${change})`);
      expect(answer).toEqual({ updated: 1, matched: 1, upsertId: null, ok: true });
      expect(await stored()).toMatchObject(expected);
    });

    it('update() with the matched position', async () => {
      await place.query("return await db.collection('todo').where({ 'positions.type': 'mall' }).update({ 'positions.$.age': 99 })");
      expect(await stored()).toMatchObject({ positions: [{ age: 1 }, { age: 99 }] });
    });

    it('inc() loses nothing when calls overlap', async () => {
      await place.host.publish(
        'count',
        "import cloud from '@lafjs/cloud';\nconst db = cloud.database();\nconst _ = db.command;\nexport default async () => (await db.collection('todo').doc('a').update({ hits: _.inc(1) })).updated;",
      );
      const answers = await Promise.all(Array.from({ length: 50 }, () => place.call('/count')));
      expect(answers).toEqual(Array.from({ length: 50 }, () => 1));
      expect(await stored()).toMatchObject({ hits: 50 });
    });
  });

  it('with() and withOne() join, several of them and one within another', async () => {
    const answer = await place.query(`
  await db.collection('user').add([{ id: 7, name: 'Jane', team: 1 }, { id: 8, name: 'Bob', team: 2 }], { multi: true })
  await db.collection('team').add([{ id: 1, title: 'red' }], { multi: true })
  await db.collection('article').add([{ id: 1, author_id: 7 }, { id: 2, author_id: 8 }, { id: 3, author_id: 9 }], { multi: true })
  await db.collection('tag').add([{ article_id: 1, t: 'a' }, { article_id: 1, t: 'b' }, { article_id: 2, t: 'c' }], { multi: true })
  const article = db.collection('article').orderBy('id', 'asc').field({ _id: 0 })
  const tag = db.collection('tag').orderBy('t', 'asc')
  const user = db.collection('user').field({ _id: 0 })
  const many = await article.with({ query: tag, localField: 'id', foreignField: 'article_id', as: 'tags' }).get()
  const one = await article.withOne({ query: user, localField: 'author_id', foreignField: 'id', as: 'author' }).get()
  const unnamed = await article.where({ id: 1 }).withOne({ query: user, localField: 'author_id', foreignField: 'id' }).getOne()
  const both = await article.where({ id: 2 }).with({ query: tag, localField: 'id', foreignField: 'article_id', as: 'tags' })
    .withOne({ query: user, localField: 'author_id', foreignField: 'id', as: 'author' }).getOne()
  const member = user.withOne({ query: db.collection('team').field({ _id: 0 }), localField: 'team', foreignField: 'id', as: 'group' })
  const nested = await article.withOne({ query: member, localField: 'author_id', foreignField: 'id', as: 'author' }).limit(1).get()
  const merged = await article.withOne({ query: user, localField: 'author_id', foreignField: 'id', as: 'author' }).merge({ intersection: true })
  return {
    ok: many.ok,
    many: many.data.map(({ tags }) => tags?.map(({ t }) => t) ?? null),
    one: one.data.map(({ author }) => author?.name ?? null),
    unnamed: unnamed.data.user.name,
    both: [both.data.tags.length, both.data.author.name],
    nested: nested.data,
    merged: merged.data.length,
  }`);
    expect(answer).toEqual({
      ok: true,
      many: [['a', 'b'], ['c'], null],
      one: ['Jane', 'Bob', null],
      unnamed: 'Jane',
      both: [1, 'Bob'],
      nested: [{ id: 1, author_id: 7, author: { id: 7, name: 'Jane', team: 1, group: { id: 1, title: 'red' } } }],
      merged: 2,
    });
  });

  it('aggregate() … end()', async () => {
    const answer = await place.query(`
  const todo = () => db.collection('todo').aggregate()
  const pipeline = $.pipeline().match(_.expr($.eq(['$n', '$$next']))).project({ _id: 0, n: 1 }).done()
  return {
    group: await todo().match({ progress: _.gte(50) }).group({ _id: null, sum: $.sum('$progress'), names: $.push('$name') }).end(),
    stages: (await todo().match({ name: /o/ }).addFields({ twice: $.multiply(['$n', 2]) }).sort({ n: -1 }).skip(1).limit(1).project({ _id: 0, twice: 1 }).end()).data,
    unwind: (await todo().unwind('$tags').sortByCount('$tags').end()).data,
    lookup: (await todo().match({ n: 1 }).lookup({ from: 'todo', localField: 'ordered', foreignField: 'n', as: 'next' }).end()).data[0].next.length,
    joined: (await todo().match({ n: 2 }).lookup({ from: 'todo', let: { next: $.add(['$n', 1]) }, pipeline, as: 'next' }).project({ _id: 0, next: 1 }).end()).data,
    count: (await todo().match({ at: _.gt(new Date('2023-01-01')) }).count('total').end()).data,
    bucket: (await todo().bucket({ groupBy: '$progress', boundaries: [0, 50, 101], output: { count: $.sum(1) } }).end()).data,
    bucketAuto: (await todo().bucketAuto({ groupBy: '$progress', buckets: 1 }).end()).data,
    root: (await todo().match({ n: 1 }).replaceRoot({ newRoot: '$style' }).end()).data,
    sample: (await todo().sample({ size: 2 }).end()).data.length,
    raw: (await db.collection('todo').aggregate([{ $match: { name: { $in: ['jack', 'tom'] } } }, { $count: 'total' }]).end()).data,
    empty: await todo().match({ n: 99 }).end(),
  }`);
    expect(answer).toEqual({
      group: { data: [{ _id: null, sum: 150, names: ['rose', 'tom'] }], ok: true },
      stages: [{ twice: 4 }],
      unwind: [
        { _id: 'cloud', count: 2 },
        { _id: 'database', count: 1 },
      ],
      lookup: 1,
      joined: [{ next: [{ n: 3 }] }],
      count: [{ total: 1 }],
      bucket: [
        { _id: 0, count: 1 },
        { _id: 50, count: 2 },
      ],
      bucketAuto: [{ _id: { min: 10, max: 100 }, count: 3 }],
      root: [{ color: 'red', size: 2 }],
      sample: 2,
      raw: [{ total: 2 }],
      empty: { data: [], ok: true },
    });
  });

  it('db.Geo, geoNear, geoWithin and geoIntersects', async () => {
    const answer = await place.query(`
  const { Point, LineString, Polygon } = db.Geo
  const spots = db.collection('spots')
  await spots.createIndex({ location: '2dsphere' })
  await spots.add({ name: 'here', location: new Point(1, 1.2) })
  await spots.add({ name: 'far', location: new Point(113.323809, 23.097732) })
  await spots.add({ name: 'way', location: new LineString([new Point(-1, -1), new Point(4, 4)]) })
  const polygon = new Polygon([new LineString([new Point(0, 0), new Point(3, 2), new Point(2, 3), new Point(0, 0)])])
  const names = async (location) => (await spots.where({ location }).get()).data.map(({ name }) => name).sort()
  const { data } = await spots.where({ name: 'here' }).getOne()
  return {
    near: await names(_.geoNear({ geometry: new Point(113.323809, 23.1), minDistance: 100, maxDistance: 5000 })),
    within: await names(_.geoWithin({ geometry: polygon })),
    intersects: await names(_.geoIntersects({ geometry: polygon })),
    point: [data.location instanceof Point, data.location.longitude, data.location.latitude],
  }`);
    expect(answer).toEqual({ near: ['far'], within: ['here'], intersects: ['here', 'way'], point: [true, 1, 1.2] });
  });

  it('createIndex(), listIndexes(), dropIndex()', async () => {
    const answer = await place.query(`
  const user = db.collection('user')
  const made = await user.createIndex({ name: 1 }, { unique: true })
  await user.add({ name: 'jack' })
  let duplicate
  try { await user.add({ name: 'jack' }) } catch (error) { duplicate = [error instanceof Error, error.name, error.code] }
  const { list } = await user.listIndexes()
  const dropped = await user.dropIndex(made.indexName)
  return { made, duplicate, list: list.map(({ name, unique }) => [name, unique ?? false]), dropped: dropped.ok, left: (await user.listIndexes()).list.length }`);
    expect(answer).toEqual({
      made: { indexName: 'name_1', ok: true },
      duplicate: [true, 'MongoServerError', 11_000],
      list: [
        ['_id_', false],
        ['name_1', true],
      ],
      dropped: true,
      left: 1,
    });
  });

  it('what is wrong throws or rejects, and can be caught', async () => {
    const answer = await place.query(`
  const todo = db.collection('todo')
  const message = async (call) => { try { await call(); return 'nothing was thrown' } catch (error) { return error instanceof Error } }
  return await Promise.all([
    () => db.collection(''),
    () => todo.where({ n: undefined }).get(),
    () => todo.where('n').get(),
    () => todo.doc('').get(),
    () => todo.update({}),
    () => todo.update({ _id: 'other' }),
    () => todo.add({}),
    () => todo.where({ n: { $nope: 1 } }).get(),
    () => todo.aggregate().match({ $nope: 1 }).end(),
  ].map(message))`);
    expect(answer).toEqual(Array.from({ length: 9 }, () => true));
  });

  it('one that is not caught answers 500, and its line is in the log', async () => {
    await place.host.publish(
      'fails',
      "import cloud from '@lafjs/cloud';\nconst db = cloud.database();\nexport default async () => {\n  return await db.collection('todo').where({ n: { $nope: 1 } }).get();\n};",
    );
    expect(await place.host.call('/fails')).toMatchObject({ status: 500, json: { error: 'Internal Server Error' } });
    await expect
      .poll(async () => (await place.host.api('GET', '/v1/logs?function=fails')).json.logs)
      .toMatchObject([{ level: 'error', message: expect.stringContaining('$nope'), function: 'fails' }]);
  });

  it('a handle is shared by functions, from a module, and by cloud.invoke()', async () => {
    await place.host.publish(
      'lib/db',
      `import cloud from '@lafjs/cloud'
export const db = cloud.database()
export const _ = db.command
export const todo = db.collection('todo')
export async function nameOf(n: number) { return (await todo.where({ n }).getOne()).data?.name }`,
    );
    await place.host.publish(
      'name',
      "import { nameOf } from '@/lib/db'\nexports.main = async (ctx) => ({ name: await nameOf(Number(ctx.query.n)) })",
    );
    await place.host.publish(
      'older',
      "import cloud from '@/cloud-sdk'\nimport { todo, _ } from '../lib/db'\nexport async function main(ctx: FunctionContext) {\n  const { data } = await todo.where({ n: _.gt(1) }).orderBy('n', 'asc').get()\n  const invoked = await cloud.invoke('name', { query: { n: 1 } })\n  return [...data.map((it) => it.name), invoked.name]\n}".replace(
        '../lib',
        './lib',
      ),
    );
    expect(await place.call('/name?n=2')).toEqual({ name: 'rose' });
    expect(await place.call('/name?n=9')).toEqual({});
    expect(await place.call('/older')).toEqual(['rose', 'tom', 'jack']);
  });

  it('works in __websocket__ and __interceptor__', async () => {
    await place.host.publish(
      '__websocket__',
      "import cloud from '@lafjs/cloud'\nconst db = cloud.database()\nexport async function main(ctx) {\n  if (ctx.method !== 'WebSocket:message') return\n  const { data } = await db.collection('todo').where({ name: ctx.params.data.toString() }).getOne()\n  ctx.socket.send(JSON.stringify(data?.n ?? null))\n}",
    );
    const socket = await place.host.connect();
    const answers: string[] = [];
    socket.on('message', (data: unknown) => answers.push(String(data)));
    for (const name of ['tom', 'nobody', 'jack']) socket.send(name);
    await expect.poll(() => answers).toEqual(['3', 'null', '1']);
    socket.terminate();
    await place.host.publish('n', 'export default () => "let through";');
    await place.host.publish(
      '__interceptor__',
      "import cloud from '@lafjs/cloud'\nconst db = cloud.database()\nexport default async function (ctx, next) {\n  const { data } = await db.collection('todo').where({ name: ctx.query.as }).getOne()\n  return data ? await next(ctx) : { code: 'who?' }\n}",
    );
    expect(await place.call('/n?as=jack')).toBe('let through');
    expect(await place.call('/n?as=mallory')).toEqual({ code: 'who?' });
    expect((await place.host.api('DELETE', '/v1/functions/__interceptor__')).status).toBeLessThan(300);
  });
});
