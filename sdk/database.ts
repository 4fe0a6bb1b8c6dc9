/**
 * What a query of `cloud.database()` answers. Which members there are depends on the query. A query that
 * fails rejects with the error of MongoDB's driver (its `code` is 11000 for a duplicate key, for example).
 */
export interface DatabaseResult<T = any> {
  /** The documents, or the one document of `getOne()` and `doc().get()`: null when there is none. */
  data?: T;
  /** How many documents `count()` found, or how many there are on all pages of `page()`. */
  total?: number;
  /** Of `page()`: how many documents a page has, and how many lie before this one. */
  limit?: number;
  offset?: number;
  /** The id of what `add()` added, a string; with `multi` an object of ids, `{ 0: …, 1: … }`. */
  id?: any;
  /** How many documents `add()` with `multi` added. */
  insertedCount?: number;
  /** How many documents were changed. */
  updated?: number;
  /** How many documents `update()` and `set()` found. */
  matched?: number;
  /** The id of the document that `update()` with `upsert`, or `set()`, added; else null. */
  upsertId?: any;
  /** How many documents were removed. */
  deleted?: number;
  ok?: boolean;
  error?: any;
  code?: string | number;
  [member: string]: any;
}

/** A query under construction: each call narrows it, the last one (`get()`, `count()`, `update()`, …) carries it out. */
export interface DatabaseQuery {
  /** Throws for what is no object, and for one whose values are all undefined. */
  where(condition: any): DatabaseQuery;
  orderBy(field: string, direction: 'asc' | 'desc'): DatabaseQuery;
  skip(count: number): DatabaseQuery;
  /** 100 unless said, 1,000 at most. */
  limit(count: number): DatabaseQuery;
  /** `skip()` and `limit()` in one, pages counted from 1; the result has a `total` as well, unless it is 0. */
  page(page: { current: number; size: number }): DatabaseQuery;
  /** Which fields the documents are to have, as `{ name: true }` or a list of names. */
  field(fields: any): DatabaseQuery;
  /** Joins the documents of another query, many for each. */
  with(join: DatabaseJoin): DatabaseQuery;
  /** Joins the document of another query, one for each. */
  withOne(join: DatabaseJoin): DatabaseQuery;
  get<T = any>(): Promise<DatabaseResult<T[]>>;
  getOne<T = any>(): Promise<DatabaseResult<T>>;
  /** As `get()`; with `intersection` without the documents that a join found nothing for. */
  merge<T = any>(options?: { intersection?: boolean }): Promise<DatabaseResult<T[]>>;
  count(): Promise<DatabaseResult>;
  /**
   * Changes the first match, or all with `{ multi: true }`. Nested objects change the fields they name;
   * `merge: false` replaces the document, `upsert` adds one where there is no match.
   */
  update(change: any, options?: { multi?: boolean; merge?: boolean; upsert?: boolean }): Promise<DatabaseResult>;
  /** Removes the first match, or all with `{ multi: true }`. */
  remove(options?: { multi?: boolean }): Promise<DatabaseResult>;
  clone(): DatabaseQuery;
}

/** How `with()` and `withOne()` join. */
export interface DatabaseJoin {
  query: any;
  localField: string;
  foreignField: string;
  /** The field for what is joined; the other collection's name unless said. */
  as?: string;
}

/** One document by its id. */
export interface DatabaseDocument {
  get<T = any>(): Promise<DatabaseResult<T>>;
  /** Replaces the document, or adds it. */
  set(document: any): Promise<DatabaseResult>;
  update(change: any): Promise<DatabaseResult>;
  remove(): Promise<DatabaseResult>;
  field(fields: any): DatabaseDocument;
}

/** A collection, where each query begins. */
export interface DatabaseCollection extends DatabaseQuery {
  readonly name: string;
  /** The id is a string for what `add()` added, mostly an `ObjectId` for what `cloud.mongo` added. */
  doc(id: any): DatabaseDocument;
  /** Adds a document, or a list of them with `{ multi: true }`. Each gets a new id, a string, whatever it had as `_id`. */
  add(document: any, options?: { multi?: boolean }): Promise<DatabaseResult>;
  aggregate(stages?: any[]): DatabaseAggregate;
  createIndex(keys: any, options?: any): Promise<DatabaseResult>;
  /** By its name or its keys. */
  dropIndex(index: any): Promise<DatabaseResult>;
  listIndexes(): Promise<DatabaseResult>;
}

/**
 * A pipeline: each call adds the stage of that name, `end()` carries it out. Stages that have no method
 * are given to `aggregate()`.
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

/** Laf's query builder, as `cloud.database()` answers it. */
export interface Database {
  collection(name: string): DatabaseCollection;
  /** Operators for conditions and changes, such as `_.gt(1).and(_.lt(5))`, `_.in([…])`, `_.inc(1)`. */
  command: any;
  /** A pattern to match a field with. @deprecated Use a `RegExp`. */
  RegExp(pattern: { regexp: string; options?: string }): any;
  /** The host's time, `offset` milliseconds on. @deprecated Use a `Date`. */
  serverDate(options?: { offset?: number }): any;
  /** Points, lines and areas. */
  Geo: any;
  /** A new id as text, as `add()` gives documents. */
  generateId(): string;
  /** A new `ObjectId`, or the one that `id` names. */
  ObjectId(id?: any): any;
  [member: string]: any;
}
