import { type Db, MongoClient } from 'mongodb';
import { findMongod, TestMongod } from '../../mongod.ts';
import { TestHost } from '../host.ts';

/** Whether tests that need a mongod can be skipped: there is none, and nobody relies on them. Says so. */
export function withoutMongod(what: string): boolean {
  const without = findMongod() === undefined && process.env['CI'] === undefined;
  if (without) console.log(`The tests of ${what} are skipped: there is no mongod. Set MONGOD_BIN.`);
  return without;
}

/** A mongod, a host on it, and the database of that host's functions as a test sees it. */
export class SamplePlace implements AsyncDisposable {
  readonly mongod: TestMongod;
  readonly host: TestHost;
  readonly client: MongoClient;
  readonly db: Db;
  #asked = 0;

  private constructor(mongod: TestMongod, host: TestHost, database: string) {
    this.mongod = mongod;
    this.host = host;
    this.client = new MongoClient(mongod.uri(database));
    this.db = this.client.db();
  }

  static async start(database: string, env: Readonly<Record<string, string>> = {}): Promise<SamplePlace> {
    const mongod = await TestMongod.start();
    try {
      return new SamplePlace(mongod, await TestHost.start({ env: { ...env, MONGODB_URI: mongod.uri(database) } }), database);
    } catch (error) {
      await mongod[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Publishes the source under a name of its own, calls it, and answers what it answers; throws when it fails. */
  async ask(source: string): Promise<unknown> {
    this.#asked += 1;
    const name = `asked-${this.#asked}`;
    await this.host.publish(name, source);
    return this.call(`/${name}`);
  }

  /** Calls a function and answers what it answers; throws when it fails. */
  async call(path: string): Promise<unknown> {
    const { status, text, json } = await this.host.call(path);
    // The log has the cause, which a caller does not get.
    if (status !== 200)
      throw new Error(`${path}: ${status} ${text}\n${this.host.output.split(/\n(?=\S)/).findLast((line) => line.includes(' error '))}`);
    return json ?? text;
  }

  /** As `ask()`, for the body of a function that has `cloud`, `db` and `_`, as most functions of Laf begin. */
  async query(body: string): Promise<unknown> {
    return this.ask(`import cloud from '@lafjs/cloud'
const db = cloud.database()
const _ = db.command
const $ = _.aggregate

export default async function (ctx: FunctionContext) {
${body}
}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.host[Symbol.asyncDispose]();
    await this.mongod[Symbol.asyncDispose]();
  }
}
