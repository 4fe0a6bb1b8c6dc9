import type { Cloud as CloudMembers } from './cloud.ts';
import type { MongoDriver } from './mongo.ts';

export type { Broadcasted } from './cloud.ts';
export type { CookieOptions, FunctionContext, FunctionFile, FunctionRequest, FunctionResponse, FunctionSocket } from './context.ts';
export type {
  Database,
  DatabaseAggregate,
  DatabaseCollection,
  DatabaseDocument,
  DatabaseJoin,
  DatabaseQuery,
  DatabaseResult,
} from './database.ts';
export { CloudError, type CloudErrorCode } from './errors.ts';
export type { CloudFetch, FetchClient, FetchOptions, FetchResponse } from './fetch.ts';
export type { MongoCollection, MongoCursor, MongoDatabase, MongoDriver } from './mongo.ts';
export type { CloudStorage, StorageBucket, StoredFile, StoredFileList } from './storage.ts';

/** What the host offers to functions. */
export type Cloud = CloudMembers;

/** `new Cloud()` has the members of the default export. */
export declare const Cloud: new () => CloudMembers;

/** The shape of the default export, under the name that Laf gives it. */
export type CloudSdkInterface = CloudMembers;

/** The type of `cloud.mongo`, under the name that Laf gives it. */
export type MongoDriverObject = MongoDriver;

/** The type of `cloud.invoke`, under the name that Laf gives it. */
export type InvokeFunctionType = CloudMembers['invoke'];

/** The type of `cloud.getToken`, under the name that Laf gives it. */
export type GetTokenFunctionType = CloudMembers['getToken'];

/** The type of `cloud.parseToken`, under the name that Laf gives it. */
export type ParseTokenFunctionType = CloudMembers['parseToken'];

// Only a declaration: the worker supplies the values behind these types.
declare const cloud: CloudMembers;
export default cloud;
