/**
 * A collection of MongoDB's Node.js driver. The most common methods are declared here, with loose types,
 * because the SDK does not import the driver's own; every other method works too.
 */
export interface MongoCollection<T = any> {
  findOne<R = T>(filter?: any, options?: any): Promise<R | null>;
  find<R = T>(filter?: any, options?: any): MongoCursor<R>;
  aggregate<R = any>(pipeline?: any[], options?: any): MongoCursor<R>;
  countDocuments(filter?: any, options?: any): Promise<number>;
  distinct(key: string, filter?: any, options?: any): Promise<any[]>;
  insertOne(document: any, options?: any): Promise<any>;
  insertMany(documents: any[], options?: any): Promise<any>;
  updateOne(filter: any, update: any, options?: any): Promise<any>;
  updateMany(filter: any, update: any, options?: any): Promise<any>;
  replaceOne(filter: any, replacement: any, options?: any): Promise<any>;
  findOneAndUpdate(filter: any, update: any, options?: any): Promise<any>;
  findOneAndDelete(filter: any, options?: any): Promise<any>;
  deleteOne(filter?: any, options?: any): Promise<any>;
  deleteMany(filter?: any, options?: any): Promise<any>;
  bulkWrite(operations: any[], options?: any): Promise<any>;
  createIndex(keys: any, options?: any): Promise<string>;
  watch(pipeline?: any[], options?: any): any;
  [member: string]: any;
}

/** A cursor of the driver: configure it, then read it with `toArray()`, `next()` or `for await`. */
export interface MongoCursor<T = any> extends AsyncIterable<T> {
  sort(keys: any, direction?: any): this;
  limit(count: number): this;
  skip(count: number): this;
  project(fields: any): MongoCursor;
  toArray(): Promise<T[]>;
  next(): Promise<T | null>;
  forEach(callback: (document: T) => boolean | void): Promise<void>;
  [member: string]: any;
}

/** A database of the driver. */
export interface MongoDatabase {
  collection<T = any>(name: string, options?: any): MongoCollection<T>;
  listCollections(filter?: any, options?: any): MongoCursor;
  createCollection<T = any>(name: string, options?: any): Promise<MongoCollection<T>>;
  dropCollection(name: string, options?: any): Promise<boolean>;
  command(command: any, options?: any): Promise<any>;
  [member: string]: any;
}

/**
 * The connected driver.
 *
 * @example
 * const { insertedId } = await cloud.mongo.db.collection('notes').insertOne({ text: 'hello', at: new Date() });
 *
 * @see https://www.mongodb.com/docs/drivers/node/current/
 */
export interface MongoDriver {
  /** The driver's client; `client.startSession()` starts a session for transactions. */
  client: any;
  /** The app's database. */
  db: MongoDatabase;
}
