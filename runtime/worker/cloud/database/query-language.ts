import { createRequire } from 'node:module';
import type { EJSON, ObjectId } from 'bson';
import type { Database } from '../../../../sdk/database.ts';
import type { DatabaseRequest, DatabaseResponse } from './accessor.ts';

/** The query language: makes the handles that functions get, which carry nothing out themselves but `send` requests. */
export interface QueryLanguage {
  readonly Db: new (config: { request: { send(action: string, request: DatabaseRequest): Promise<DatabaseResponse> } }) => Database;
  /** The package that `cloud.mongo` gets its values from: else an `ObjectId` of the one would be none to the other. */
  readonly bson: BsonValues;
}

interface BsonValues {
  readonly EJSON: typeof EJSON;
  readonly ObjectId: typeof ObjectId;
}

interface TypeTests {
  isObject(value: unknown): boolean;
}

/**
 * Loads the query language, 10 ms that an app pays with its first `cloud.database()`.
 * Both packages are loaded with `require()`, as MongoDB's driver loads bson: an `import` of bson has classes of its own.
 */
export function loadQueryLanguage(): QueryLanguage {
  const load = createRequire(import.meta.url);
  const bson: BsonValues = load('bson');
  const { Db }: Pick<QueryLanguage, 'Db'> = load('database-ql');
  const types: TypeTests = load('database-ql/dist/commonjs/utils/type.js');
  types.isObject = isObject;
  return { Db, bson };
}

/**
 * What the language takes apart and copies key by key. Its own test takes apart a `Decimal128` and a `Long`
 * too, which end as `{ bytes }` and `{ high, low }` in the database; and copying the own key `__proto__` of
 * a JSON body would make fields of what a function that looks at the body cannot see.
 */
function isObject(value: unknown): boolean {
  if (Object.prototype.toString.call(value) !== '[object Object]' || typeof value !== 'object' || value === null) return false;
  if ('_bsontype' in value) return false;
  if (Object.hasOwn(value, '__proto__')) throw new TypeError('A document cannot have a field with the name __proto__.');
  return true;
}
