/** What a query of `cloud.database()` answers. `error` is there instead of the rest when the query failed. */
export interface DatabaseResult<T = any> {
  /** The documents, or the one document of `getOne()`; falsy when `getOne()` finds none. */
  data?: T;
  /** How many documents `count()` found. */
  total?: number;
  /** The id, or ids, of what `add()` added. */
  id?: any;
  /** How many documents were changed. */
  updated?: number;
  /** How many documents were removed. */
  deleted?: number;
  ok?: boolean;
  error?: any;
  code?: string | number;
  [member: string]: any;
}

/** A query under construction: each call narrows it, the last one (`get()`, `count()`, `update()`, …) carries it out. */
export interface DatabaseQuery {
  where(condition: any): DatabaseQuery;
  orderBy(field: string, direction: 'asc' | 'desc'): DatabaseQuery;
  skip(count: number): DatabaseQuery;
  limit(count: number): DatabaseQuery;
  /** Which fields the documents are to have, as `{ name: true }` or a list of names. */
  field(fields: any): DatabaseQuery;
  /** Joins the documents of another query, many for each. */
  with(join: DatabaseJoin): DatabaseQuery;
  /** Joins the document of another query, one for each. */
  withOne(join: DatabaseJoin): DatabaseQuery;
  get<T = any>(): Promise<DatabaseResult<T[]>>;
  getOne<T = any>(): Promise<DatabaseResult<T>>;
  count(): Promise<DatabaseResult>;
  /** Changes the first match, or all with `{ multi: true }`. */
  update(change: any, options?: { multi?: boolean; merge?: boolean; upsert?: boolean }): Promise<DatabaseResult>;
  /** Removes the first match, or all with `{ multi: true }`. */
  remove(options?: { multi?: boolean }): Promise<DatabaseResult>;
}

/** How `with()` and `withOne()` join. */
export interface DatabaseJoin {
  query: any;
  localField: string;
  foreignField: string;
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
  doc(id: any): DatabaseDocument;
  add(document: any, options?: { multi?: boolean }): Promise<DatabaseResult>;
  aggregate(): DatabaseAggregate;
}

/** A pipeline: each call adds the stage of that name, `end()` carries it out. */
export interface DatabaseAggregate {
  end<T = any>(): Promise<DatabaseResult<T[]>>;
  [stage: string]: (...args: any[]) => any;
}

/** Laf's query builder, as `cloud.database()` answers it. */
export interface Database {
  collection(name: string): DatabaseCollection;
  /** Operators for conditions and changes, such as `_.gt(1).and(_.lt(5))`, `_.in([…])`, `_.inc(1)`. */
  command: any;
  /** A pattern to match a field with. */
  RegExp(pattern: { regexp: string; options?: string }): any;
  /** The server's time, `offset` milliseconds on. */
  serverDate(options?: { offset?: number }): any;
  /** Points, lines and areas. */
  Geo: any;
  [member: string]: any;
}
