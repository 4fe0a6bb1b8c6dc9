import { createRequire } from 'node:module';
import jwt from 'jsonwebtoken';
import type { Broadcasted, Cloud } from '../../../sdk/cloud.ts';
import type { FunctionContext, FunctionSocket } from '../../../sdk/context.ts';
import { CloudError, type CloudErrorCode } from '../../../sdk/errors.ts';
import type { CloudFetch } from '../../../sdk/fetch.ts';
import type { MongoDriver } from '../../../sdk/mongo.ts';
import { catalogue } from '../../kernel/errors.ts';
import { verifyToken } from '../dialects/laf/token.ts';
import { createDatabase } from './database/database.ts';
import type { AppDatabase } from './app-database.ts';

export interface CloudParts {
  readonly appId: string;
  /** What functions see as `cloud.env`; the very object. */
  readonly env: NodeJS.ProcessEnv;
  /** Signs and verifies tokens that name no secret of their own. */
  readonly serverSecret: string;
  readonly shared: Map<string, unknown>;
  readonly sockets: Set<FunctionSocket>;
  /** Sends a message to many sockets, all when `sockets` is undefined; as `Cloud` promises. */
  broadcast(data: unknown, sockets?: Iterable<FunctionSocket>): Promise<Broadcasted>;
  /** The app's database; undefined: it has none. */
  readonly database: AppDatabase | undefined;
  /** Calls a function with this very context. */
  invoke(name: string, context: object): unknown;
}

/**
 * The object that functions know as `cloud`. Its members work without it (`const { invoke } = cloud`),
 * and through objects that inherit from it. A worker makes one.
 */
export function createCloud(parts: CloudParts): Cloud {
  const load = createRequire(import.meta.url);
  let axios: CloudFetch | undefined;
  // Some of Laf's functions pass a lifetime there, which Laf ignores.
  const secretOf = (secret: unknown): string | Buffer =>
    typeof secret === 'string' || Buffer.isBuffer(secret) ? secret : parts.serverSecret;
  const cloud = {
    shared: parts.shared,
    sockets: parts.sockets,
    broadcast: (data: unknown, sockets?: Iterable<FunctionSocket>): Promise<Broadcasted> => parts.broadcast(data, sockets),
    appid: parts.appId,
    get env() {
      return parts.env;
    },
    getToken: (payload: string | object, secret?: string | Buffer): string => jwt.sign(payload, secretOf(secret)),
    parseToken: (token: unknown, secret?: string | Buffer): unknown => verifyToken(token, secretOf(secret)),
    invoke: async (name: string, context?: Partial<FunctionContext>): Promise<unknown> => parts.invoke(name, toCall(name, context)),
    database: createDatabase(() => databaseOf(parts).db),
    get mongo(): MongoDriver {
      return databaseOf(parts).driver;
    },
    get storage(): never {
      return unavailable('STORAGE_UNAVAILABLE');
    },
    get fetch(): CloudFetch {
      // axios takes 30 ms to load, and most apps never use it.
      return (axios ??= loadAxios(load));
    },
  };
  // Copying or showing `cloud` (`{ ...cloud }`) reads every enumerable member.
  for (const key of ['mongo', 'storage', 'fetch']) Object.defineProperty(cloud, key, { enumerable: false });
  return cloud;
}

function toCall(name: string, context: Partial<FunctionContext> | null | undefined): object {
  const given = context ?? {};
  given.__function_name = name;
  given.method ??= 'call';
  given.requestId ??= 'invoke';
  return given;
}

function loadAxios(load: NodeJS.Require): CloudFetch {
  const axios: CloudFetch = load('axios');
  return axios;
}

function databaseOf({ database }: CloudParts): AppDatabase {
  return database ?? unavailable('DATABASE_UNAVAILABLE');
}

function unavailable(code: CloudErrorCode): never {
  throw new CloudError(code, catalogue[code].message);
}
