import { createRequire } from 'node:module';
import type * as Driver from 'mongodb';
import { acceptForeignValues, type BsonExports } from '../../internals/bson-serialize.ts';
import type { MongoDriver } from '../../../sdk/mongo.ts';
import { answerModifyResults } from './modify-results.ts';
import { type BsonClasses, toHostValues } from './database/foreign-values.ts';
import { databaseOf } from '../../adapters/store/mongodb/database-name.ts';

/** With these a query fails within ten seconds when a server falls silent, where it would take forty. */
const clientOptions = {
  appName: 'hearth-functions',
  serverSelectionTimeoutMS: 5_000,
  heartbeatFrequencyMS: 2_000,
  connectTimeoutMS: 3_000,
};

/** Milliseconds between two attempts to reach a server at all. */
const pause = 1_000;

export class AppDatabase {
  readonly client: Driver.MongoClient;
  readonly db: Driver.Db;
  /** Both, as functions know them. */
  readonly driver: MongoDriver;
  readonly #onTrouble: (error: unknown) => void;
  readonly #close: () => Promise<void>;
  #connected: Promise<void> | undefined;
  #closed = false;

  /** Not connected yet; its maker closes it. `onTrouble` is told when the database cannot be reached at first. */
  constructor(uri: string, onTrouble: (error: unknown) => void) {
    // Only apps that have a database load the driver.
    const load = createRequire(import.meta.url);
    const driver: typeof Driver = load('mongodb');
    const bson: BsonExports & BsonClasses = load('bson');
    acceptForeignValues(bson, (value) => toHostValues(value, bson));
    this.client = new driver.MongoClient(uri, clientOptions);
    answerModifyResults(this.client);
    this.#close = this.client.close.bind(this.client);
    // All functions share it, and the driver connects none that was closed again: samples of the driver end with it.
    this.client.close = () => Promise.resolve();
    this.db = this.client.db(databaseOf(uri));
    const driverOfApp: object = { client: this.client, db: this.db };
    if (!isDriver(driverOfApp)) throw new TypeError('The driver has no database.');
    this.driver = driverOfApp;
    this.#onTrouble = onTrouble;
  }

  /** Resolves when it is connected, or after `deadline` milliseconds; it goes on trying until it is closed. */
  async connect(deadline: number): Promise<void> {
    this.#connected ??= this.#keepTrying();
    await Promise.race([this.#connected, sleep(deadline)]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#close();
  }

  async #keepTrying(): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        // Once it was connected the driver goes on by itself, but until then a failure is for good.
        await this.client.connect();
        return;
      } catch (error) {
        if (attempt === 1 && !this.#closed) this.#onTrouble(error);
        await sleep(pause);
      }
    }
  }
}

/** The types of the SDK are a loose face of the driver's own, which functions need not have installed. */
function isDriver(value: object): value is MongoDriver {
  return 'client' in value && 'db' in value;
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, time).unref();
  });
}
