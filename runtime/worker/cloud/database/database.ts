import type { Db } from 'mongodb';
import type { Database } from '../../../../sdk/database.ts';
import { carryOut } from './accessor.ts';
import { loadQueryLanguage, type QueryLanguage } from './query-language.ts';

/**
 * What functions know as `cloud.database`: returns a new handle with each call, on the database that
 * `getDb` returns. `getDb` is called each time, so that `cloud.database()` throws what it throws, and
 * with each query, so that handles which functions keep follow the host to another connection.
 *
 * Queries reject with the driver's errors. How long they wait for a MongoDB that is away is set where
 * the driver's client is made, by `serverSelectionTimeoutMS`.
 */
export function createDatabase(getDb: () => Db): () => Database {
  let language: QueryLanguage | undefined;
  return () => {
    getDb();
    const { Db: Handle, bson } = (language ??= loadQueryLanguage());
    const revive = (extended: object): unknown => bson.EJSON.deserialize({ value: extended })['value'];
    const newId = (): string => new bson.ObjectId().toHexString();
    return new Handle({ request: { send: async (action, request) => carryOut({ db: getDb(), revive, newId }, action, request) } });
  };
}
