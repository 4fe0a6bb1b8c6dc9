import type { FunctionContext, FunctionSocket } from './context.ts';
import type { Database } from './database.ts';
import type { CloudFetch } from './fetch.ts';
import type { MongoDriver } from './mongo.ts';
import type { CloudStorage } from './storage.ts';

/** Whom a broadcast reached. */
export interface Broadcasted {
  /** Sockets that were handed the message. */
  sent: number;
  /** Sockets that were not open, or not any more when their turn came. */
  skipped: number;
}

/** What functions reach the host through: `import cloud from '@lafjs/cloud'`. Its functions work apart from it too. */
export interface Cloud {
  /**
   * One map for all functions of the app. It survives every publish, but not a restart: what must
   * not be lost belongs into a database.
   */
  readonly shared: Map<string, any>;

  /** The sockets that are open now. */
  readonly sockets: Set<FunctionSocket>;

  /**
   * Sends one message to many sockets: to all that are open at the call, or to those in `sockets`. A
   * string goes as text, a Buffer, typed array or ArrayBuffer as binary, anything else as JSON.
   *
   * It does what a loop over `socket.send()` does, without holding up other requests:
   * the message is made ready once, and sockets are served a few milliseconds at a time. Broadcasts go
   * out one after another. What you send to a socket meanwhile may reach it before: `await` this where
   * the order matters. Sockets that are not open are skipped.
   *
   * Resolves when the last socket was handed the message, which need not have left the host by then.
   * Rejects with a `TypeError`, and sends nothing, for what cannot be sent and for what is no socket.
   */
  readonly broadcast: (data: unknown, sockets?: Iterable<FunctionSocket>) => Promise<Broadcasted>;

  /** The app's id. */
  readonly appid: string;

  /** The app's variables, the same as `process.env`. @deprecated Use `process.env`. */
  readonly env: Record<string, any>;

  /** MongoDB's driver, connected. Throws a `CloudError` `DATABASE_UNAVAILABLE` when the host has no database. */
  readonly mongo: MongoDriver;

  /** The app's file storage. Throws a `CloudError` `STORAGE_UNAVAILABLE` when the host has none. */
  readonly storage: CloudStorage;

  /** axios, for requests to other servers. @deprecated Use the global `fetch()`. */
  readonly fetch: CloudFetch;

  /**
   * Laf's query builder. Throws a `CloudError` `DATABASE_UNAVAILABLE` when the host has no database.
   * @deprecated Use `mongo.db`.
   */
  readonly database: () => Database;

  /**
   * Signs a JSON Web Token (HS256). What `payload` says as `exp`, in seconds since 1970, ends it.
   * Without `secret` the host's own is used; then a request that sends the token as
   * `Authorization: Bearer …` has its payload as `ctx.user`.
   */
  readonly getToken: (payload: any, secret?: string) => string;

  /** The payload of a token that `getToken()` made with the same secret; null for any other and for one that has ended. */
  readonly parseToken: (token: any, secret?: string) => any;

  /**
   * Calls another function with this very `context`, past the interceptor, and answers what it
   * answers. The context gets the function's name as `__function_name`, and, unless it has them, the
   * method `call` and the request id `invoke`. Rejects with what the function throws, and when there
   * is no such function.
   * @deprecated Import the function and call it.
   */
  readonly invoke: (name: string, context?: Partial<FunctionContext>) => Promise<any>;
}
