/**
 * The result of a query of `cloud.database()`. Its members depend on the query. A query that
 * fails rejects with the error of MongoDB's driver (whose `code` is 11000 for a duplicate key, for example).
 */
export interface DatabaseResult<T = any> {
  /** The documents, or the document of `getOne()` and `doc().get()`, which is null if there is none. */
  data?: T;
  /** How many documents `count()` found, or how many there are on all pages of `page()`. */
  total?: number;
  /** For `page()`: the page size, and the number of documents before this page (`offset`). */
  limit?: number;
  offset?: number;
  /** The id of the document that `add()` added, a string; with `multi` an object of ids, `{ 0: …, 1: … }`. */
  id?: any;
  /** How many documents `add()` with `multi` added. */
  insertedCount?: number;
  /** How many documents were changed. */
  updated?: number;
  /** How many documents `update()` and `set()` found. */
  matched?: number;
  /** The id of the document that `set()`, or `update()` with `upsert`, added; otherwise null. */
  upsertId?: any;
  /** How many documents were removed. */
  deleted?: number;
  ok?: boolean;
  error?: any;
  code?: string | number;
  [member: string]: any;
}

/**
 * A query that is being built: each call narrows it, and the last one (`get()`, `count()`, `update()`, …) runs it.
 *
 * @example
 * const { data } = await db.collection('todos').where({ done: false }).orderBy('at', 'desc').limit(10).get();
 */
export interface DatabaseQuery {
  /** Throws if the condition is not an object, or if all of its values are undefined. */
  where(condition: any): DatabaseQuery;
  orderBy(field: string, direction: 'asc' | 'desc'): DatabaseQuery;
  skip(count: number): DatabaseQuery;
  /** 100 by default, at most 1,000. */
  limit(count: number): DatabaseQuery;
  /** Combines `skip()` and `limit()`; pages count from 1. The result also has a `total`, unless it is 0. */
  page(page: { current: number; size: number }): DatabaseQuery;
  /** The fields to return, as `{ name: true }` or a list of names. */
  field(fields: any): DatabaseQuery;
  /** Joins the matching documents of another query to each document. */
  with(join: DatabaseJoin): DatabaseQuery;
  /** Joins one matching document of another query to each document. */
  withOne(join: DatabaseJoin): DatabaseQuery;
  get<T = any>(): Promise<DatabaseResult<T[]>>;
  getOne<T = any>(): Promise<DatabaseResult<T>>;
  /** Like `get()`; with `intersection`, it leaves out documents for which a join found nothing. */
  merge<T = any>(options?: { intersection?: boolean }): Promise<DatabaseResult<T[]>>;
  count(): Promise<DatabaseResult>;
  /**
   * Changes the first match, or all matches with `{ multi: true }`. Nested objects change only the fields
   * they name; `merge: false` replaces the document, and `upsert` adds one if there is no match.
   */
  update(change: any, options?: { multi?: boolean; merge?: boolean; upsert?: boolean }): Promise<DatabaseResult>;
  /** Removes the first match, or all matches with `{ multi: true }`. */
  remove(options?: { multi?: boolean }): Promise<DatabaseResult>;
  clone(): DatabaseQuery;
}

/** The parameters of `with()` and `withOne()`. */
export interface DatabaseJoin {
  query: any;
  localField: string;
  foreignField: string;
  /** The field for the joined documents; by default the name of the other collection. */
  as?: string;
}

/** One document, found by its id. */
export interface DatabaseDocument {
  get<T = any>(): Promise<DatabaseResult<T>>;
  /** Replaces the document, or adds it if it does not exist. */
  set(document: any): Promise<DatabaseResult>;
  update(change: any): Promise<DatabaseResult>;
  remove(): Promise<DatabaseResult>;
  field(fields: any): DatabaseDocument;
}

/** A collection, the starting point of every query. */
export interface DatabaseCollection extends DatabaseQuery {
  readonly name: string;
  /** Pass a string for a document that `add()` added, usually an `ObjectId` for one that `cloud.mongo` added. */
  doc(id: any): DatabaseDocument;
  /** Adds a document, or a list of them with `{ multi: true }`. Each gets a new string id, even if it has an `_id`. */
  add(document: any, options?: { multi?: boolean }): Promise<DatabaseResult>;
  aggregate(stages?: any[]): DatabaseAggregate;
  createIndex(keys: any, options?: any): Promise<DatabaseResult>;
  /** Drops an index by its name or its keys. */
  dropIndex(index: any): Promise<DatabaseResult>;
  listIndexes(): Promise<DatabaseResult>;
}

/**
 * An aggregation pipeline: each call adds the stage of that name, and `end()` runs the pipeline. Pass stages
 * that have no method to `aggregate()`.
 *
 * @example
 * const { data } = await todos.aggregate().match({ done: true }).group({ _id: '$priority', count: { $sum: 1 } }).end();
 */
export interface DatabaseAggregate {
  match(stage: any): DatabaseAggregate;
  group(stage: any): DatabaseAggregate;
  project(stage: any): DatabaseAggregate;
  addFields(stage: any): DatabaseAggregate;
  sort(stage: any): DatabaseAggregate;
  limit(stage: any): DatabaseAggregate;
  skip(stage: any): DatabaseAggregate;
  unwind(stage: any): DatabaseAggregate;
  lookup(stage: any): DatabaseAggregate;
  count(stage: any): DatabaseAggregate;
  sample(stage: any): DatabaseAggregate;
  bucket(stage: any): DatabaseAggregate;
  bucketAuto(stage: any): DatabaseAggregate;
  sortByCount(stage: any): DatabaseAggregate;
  replaceRoot(stage: any): DatabaseAggregate;
  geoNear(stage: any): DatabaseAggregate;
  end<T = any>(): Promise<DatabaseResult<T[]>>;
  [member: string]: any;
}

/**
 * Laf's query builder, as `cloud.database()` returns it.
 *
 * @example
 * const db = cloud.database();
 * const { id } = await db.collection('todos').add({ title: 'Buy milk', done: false });
 */
export interface Database {
  collection(name: string): DatabaseCollection;
  /** Operators for conditions and changes, such as `_.gt(1).and(_.lt(5))`, `_.in([…])`, `_.inc(1)`. */
  command: any;
  /** A pattern to match a field with. @deprecated Use a `RegExp`. */
  RegExp(pattern: { regexp: string; options?: string }): any;
  /** The host's time plus `offset` milliseconds. @deprecated Use a `Date`. */
  serverDate(options?: { offset?: number }): any;
  /** Points, lines and areas. */
  Geo: any;
  /** Returns a new id as a string, like the ids of `add()`. */
  generateId(): string;
  /** Returns a new `ObjectId`, or the one that `id` stands for. */
  ObjectId(id?: any): any;
  [member: string]: any;
}
