import type { FunctionContext, FunctionSocket } from './context.ts';
import type { Database } from './database.ts';
import type { CloudFetch } from './fetch.ts';
import type { MongoDriver } from './mongo.ts';
import type { CloudStorage } from './storage.ts';

/** How many sockets a broadcast reached. */
export interface Broadcasted {
  /** Sockets that were handed the message. */
  sent: number;
  /** Sockets that were not open, or closed before the broadcast reached them. */
  skipped: number;
}

/**
 * What the host offers to functions. Its methods can be taken off the object: `const { broadcast } = cloud`.
 *
 * @example
 * import cloud from '@lafjs/cloud';
 *
 * export default async function (ctx: FunctionContext) {
 *   const { sent } = await cloud.broadcast({ news: ctx.body.news });
 *   return { sent };
 * }
 */
export interface Cloud {
  /**
   * One map shared by all functions of the app. It survives every publish, but not a restart of the worker:
   * data that must not be lost belongs in a database.
   *
   * @example
   * const sockets: Map<string, FunctionSocket> = cloud.shared.get('socketsByUser') ?? new Map();
   * cloud.shared.set('socketsByUser', sockets);
   */
  readonly shared: Map<string, any>;

  /** The sockets that are open at the moment. */
  readonly sockets: Set<FunctionSocket>;

  /**
   * Sends one message to many sockets: to all that are open at the time of the call, or to those in `sockets`.
   * A string is sent as text, a Buffer, typed array or ArrayBuffer as binary, anything else as JSON.
   *
   * It does what a loop over `socket.send()` does, without blocking other requests: the message is
   * prepared once, and sockets are served for a few milliseconds at a time. Broadcasts go out one after
   * another. Anything you send to a socket meanwhile may arrive first, so `await` the broadcast where the
   * order matters. Sockets that are not open are skipped.
   *
   * Resolves once the last socket was handed the message; the message may not have left the host by then.
   * Rejects with a `TypeError`, and sends nothing, if the data cannot be sent or `sockets` holds anything
   * that is not a socket of this host.
   *
   * @example
   * const { sent, skipped } = await cloud.broadcast({ type: 'news', text: 'Hello, all!' });
   */
  readonly broadcast: (data: unknown, sockets?: Iterable<FunctionSocket>) => Promise<Broadcasted>;

  /** The app's id. */
  readonly appid: string;

  /** The app's variables, the same as `process.env`. @deprecated Use `process.env`. */
  readonly env: Record<string, any>;

  /**
   * MongoDB's driver, connected. Access throws a `CloudError` `DATABASE_UNAVAILABLE` if the host has no database.
   *
   * @example
   * const note = await cloud.mongo.db.collection('notes').findOne({ title: 'shopping' });
   */
  readonly mongo: MongoDriver;

  /** The app's file storage. Not supported yet: access throws a `CloudError` `STORAGE_UNAVAILABLE`. */
  readonly storage: CloudStorage;

  /** axios, for requests to other servers. @deprecated Use the global `fetch()`. */
  readonly fetch: CloudFetch;

  /**
   * Laf's query builder. Throws a `CloudError` `DATABASE_UNAVAILABLE` if the host has no database.
   * @deprecated Use `mongo.db`.
   */
  readonly database: () => Database;

  /**
   * Signs a JSON Web Token (HS256). It expires at the payload's `exp`, in seconds since 1970.
   * Without `secret`, the host's own secret is used; a request that sends such a token as
   * `Authorization: Bearer …` has its payload as `ctx.user`.
   *
   * @example
   * const exp = Math.floor(Date.now() / 1000) + 3600;
   * const token = cloud.getToken({ id: 'ada', exp });
   */
  readonly getToken: (payload: any, secret?: string | Buffer) => string;

  /** Returns the payload of a token that `getToken()` signed with the same secret; null for any other or expired token. */
  readonly parseToken: (token: any, secret?: string | Buffer) => any;

  /**
   * Calls another function with exactly this `context`, bypassing the interceptor, and resolves to what it
   * returns. Sets `__function_name` on the context, and, if absent, the method `call` and the request id
   * `invoke`. Rejects with what the function throws, and with `FUNCTION_MISSING` if there is no such function.
   * @deprecated Import the function and call it.
   */
  readonly invoke: (name: string, context?: Partial<FunctionContext>) => Promise<any>;
}
