import type { Collection, Db, Document, Filter, FindOptions } from 'mongodb';
import { decode, encode, type Format, type Revive } from './values.ts';

/** What the query language asks for: which members there are depends on the action. */
export interface DatabaseRequest {
  readonly collectionName: string;
  readonly query?: object;
  readonly order?: readonly { readonly field: string; readonly direction: string }[];
  readonly offset?: number;
  readonly limit?: number;
  readonly projection?: Document;
  /** Whether to count all matches as well. */
  readonly count?: boolean;
  readonly multi?: boolean;
  /** Whether `data` are changes, rather than the whole document. */
  readonly merge?: boolean;
  readonly upsert?: boolean;
  readonly data?: unknown;
  /** Stages of a pipeline, their values in JSON. */
  readonly stages?: readonly { readonly stageKey: string; readonly stageValue: string }[];
}

/** What the query language makes a function's result of. */
export interface DatabaseResponse {
  readonly data: object;
  readonly requestId: undefined;
  /** Whether the result of a query is to say how many matches there are, and where the page is among them. */
  readonly total?: boolean;
  readonly limit?: boolean;
  readonly offset?: boolean;
}

/** What requests are carried out on, and with. */
export interface DatabaseAccess {
  readonly db: Db;
  readonly revive: Revive;
  readonly newId: () => string;
}

type Action = (collection: Collection, request: DatabaseRequest, access: DatabaseAccess) => Promise<object>;

/**
 * Carries out what the query language asks for, on MongoDB's driver. Rejects with what the driver rejects
 * with, as Laf does: the result of a function's query never has an `error`.
 */
export async function carryOut(access: DatabaseAccess, action: string, request: DatabaseRequest): Promise<DatabaseResponse> {
  const run = actions.get(action);
  if (!run) throw new Error(`unknown action: ${action}`);
  const data = await run(access.db.collection(request.collectionName), request, access);
  // Laf's page() counts, and then forgets to say so.
  return request.count ? { data, requestId: undefined, total: true, limit: true, offset: true } : { data, requestId: undefined };
}

const find: Action = async (collection, request, { revive }) => {
  const { limit = 100, offset = 0, projection } = request;
  const filter = toFilter(request.query, revive);
  const options: FindOptions = { limit, skip: offset };
  if (projection) options.projection = projection;
  if (request.order) options.sort = new Map(request.order.map(({ field, direction }) => [field, direction === 'desc' ? -1 : 1]));
  const [documents, total] = await Promise.all([
    collection.find(filter, options).toArray(),
    request.count ? collection.countDocuments(filter) : undefined,
  ]);
  return { list: toList(documents), limit, offset, total };
};

const count: Action = async (collection, { query }, { revive }) => ({ total: await collection.countDocuments(toFilter(query, revive)) });

const aggregate: Action = async (collection, { stages = [] }, { revive }) => {
  const pipeline = stages.map(({ stageKey, stageValue }) => ({ [stageKey]: encode(JSON.parse(stageValue), revive) }));
  return { list: toList(await collection.aggregate(pipeline).toArray()) };
};

const add: Action = async (collection, { data, multi }, { revive, newId }) => {
  const encoded = encode(data, revive);
  // Laf replaces ids that documents come with.
  const identify = (document: unknown): Document => ({ ...toDocument(document), _id: newId() });
  if (multi) {
    const { insertedIds, insertedCount } = await collection.insertMany((Array.isArray(encoded) ? encoded : [encoded]).map(identify));
    return { _id: insertedIds, insertedCount };
  }
  const { insertedId } = await collection.insertOne(identify(encoded));
  return { _id: insertedId };
};

const update: Action = async (collection, request, { revive }) => {
  const filter = toFilter(request.query, revive);
  const data = toDocument(encode(request.data ?? {}, revive));
  const upsert = request.upsert ?? false;
  const { modifiedCount, matchedCount, upsertedId } = await (request.merge
    ? request.multi
      ? collection.updateMany(filter, data)
      : collection.updateOne(filter, data, { upsert })
    : collection.replaceOne(filter, data, { upsert }));
  return { updated: modifiedCount, matched: matchedCount, upsert_id: upsertedId };
};

const remove: Action = async (collection, { query, multi }, { revive }) => {
  const filter = toFilter(query, revive);
  const { deletedCount } = await (multi ? collection.deleteMany(filter) : collection.deleteOne(filter));
  return { deleted: deletedCount };
};

const createIndex: Action = async (collection, { data }, { revive }) => {
  const { keys, options } = toDocument(encode(data, revive));
  return { indexName: await collection.createIndex(keys, options) };
};

const dropIndex: Action = async ({ collectionName }, { data }, { db, revive }) => ({
  // The driver's own method knows names only; MongoDB takes an index's keys as well.
  result: await db.command({ dropIndexes: collectionName, index: encode(data, revive) }),
});

const listIndexes: Action = async (collection) => ({ list: await collection.listIndexes().toArray() });

const actions = new Map<string, Action>([
  ['database.queryDocument', find],
  ['database.countDocument', count],
  ['database.aggregateDocuments', aggregate],
  ['database.addDocument', add],
  ['database.updateDocument', update],
  ['database.deleteDocument', remove],
  ['database.createIndex', createIndex],
  ['database.dropIndex', dropIndex],
  ['database.listIndexes', listIndexes],
]);

/**
 * Documents for the query language, which maps them with a formatter of its own. That one takes apart
 * every value it does not know and makes strings of ids, so it is given geometries only.
 */
function toList(documents: Document[]): { map(format: Format): object[] } {
  return { map: (format) => documents.map((document) => decode(document, format)) };
}

function toFilter(query: object | undefined, revive: Revive): Filter<Document> {
  return toDocument(encode(query ?? {}, revive));
}

function toDocument(value: unknown): Document {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TypeError('A document must be an object. To add several, call add([…], { multi: true }).');
}
