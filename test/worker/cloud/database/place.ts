import { createRequire } from 'node:module';
import type * as Bson from 'bson';
import { type Db, MongoClient } from 'mongodb';
import { createDatabase } from '../../../../runtime/worker/cloud/database/database.ts';
import type { Database } from '../../../../sdk/database.ts';
import { findMongod, TestMongod } from '../../../mongod.ts';

/** The bson that functions and MongoDB's driver use. */
export const bson: typeof Bson = createRequire(import.meta.url)('bson');

/** Whether these tests can be skipped: there is no mongod, and nobody relies on them. Says so. */
export function withoutMongod(): boolean {
  const without = findMongod() === undefined && process.env['CI'] === undefined;
  if (without) console.log('The tests of cloud.database() are skipped: there is no mongod. Set MONGOD_BIN.');
  return without;
}

/** A mongod, one database on it, and `cloud.database` for that. */
export class DatabasePlace implements AsyncDisposable {
  readonly mongod: TestMongod;
  readonly client: MongoClient;
  /** What functions have as `cloud.mongo.db`. */
  readonly mongo: Db;
  readonly database: () => Database;

  private constructor(mongod: TestMongod) {
    this.mongod = mongod;
    this.client = new MongoClient(mongod.uri('app'), { serverSelectionTimeoutMS: 500 });
    this.mongo = this.client.db();
    this.database = createDatabase(() => this.mongo);
  }

  static async start(): Promise<DatabasePlace> {
    return new DatabasePlace(await TestMongod.start());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.mongod[Symbol.asyncDispose]();
  }
}
