import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type Db, MongoClient, type MongoClientOptions, type TopologyDescription } from 'mongodb';
import { z } from 'zod';
import { HearthError } from '../../../kernel/errors.ts';
import { databaseOf } from './database-name.ts';
import { type Conceal, createConceal, isAbsence, isRefusal, reasonOf, reasonOfTopology } from './mongodb-failure.ts';

/**
 * What the store needs of a connection, over whatever the connection string says: durable writes, reads
 * of what cannot be rolled back, and an absence that is noticed within seconds.
 */
const clientOptions = {
  appName: 'hearth',
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5_000 },
  retryReads: true,
  retryWrites: true,
  maxPoolSize: 10,
  // A publish after a quiet hour does not pay for a handshake.
  minPoolSize: 1,
  // Firewalls forget connections that are idle, and tell neither side.
  maxIdleTimeMS: 60_000,
  serverSelectionTimeoutMS: 1_500,
  heartbeatFrequencyMS: 500,
  minHeartbeatFrequencyMS: 500,
  // Also how long a heartbeat may be late: a member that fell silent counts as gone after it.
  connectTimeoutMS: 1_500,
  socketTimeoutMS: 10_000,
} as const satisfies MongoClientOptions;

/** How long a call may go on after the primary was lost, and in any case, in milliseconds. */
const grace = 500;
const callLimit = 60_000;
/** How long a server may take to be told that the connection is closed, in milliseconds. */
const farewell = 1_000;

/** A client of one database that knows at each moment whether a primary is there. */
export class Connection {
  readonly client: MongoClient;
  readonly database: string;
  readonly conceal: Conceal;
  /** Told when `available` has changed. */
  onAvailability: (reason: string) => void = () => {};
  /** Told why it cannot be reached, as soon as all of its members have failed to respond. */
  onFailure: (reason: string) => void = () => {};
  #available = false;
  #closed = false;
  #reason = 'it has not been reached yet.';
  #mistake: string | undefined;
  #grace: NodeJS.Timeout | undefined;
  readonly #calls = new Set<AbortController>();
  /** What ends when there is a primary. */
  readonly #sessions = new Set<ClientSession>();

  /** Connects to nothing yet. Throws `CONFIG_INVALID` (reason) when the connection string is malformed. */
  constructor(uri: string) {
    this.conceal = createConceal(uri);
    this.database = databaseOf(uri);
    this.client = createClient(uri);
    const { replicaSet } = this.client.options;
    this.client.on('topologyDescriptionChanged', ({ newDescription }) => this.#observe(newDescription));
    // Not by the description of the server, which the driver drops when it does not fit.
    this.client.on('serverHeartbeatSucceeded', ({ reply }) => {
      this.#mistake ??= mistakeOf(reply, replicaSet);
    });
  }

  /** Whether a primary is known. */
  get available(): boolean {
    return this.#available && !this.#closed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What is wrong with the deployment that responded, if anything is: a part of a sentence about MONGODB_URI. */
  get mistake(): string | undefined {
    return this.#mistake;
  }

  get db(): Db {
    return this.client.db(this.database);
  }

  /** Connects; rejects with the driver's error. */
  async connect(): Promise<void> {
    await this.client.connect();
  }

  /**
   * Carries out `work`. Rejects with `STORE_UNAVAILABLE` (reason), at once while no primary is known and
   * when `work` fails for want of one; with an Error when the connection is closed. The signal that
   * `work` is given aborts when its outcome is no longer waited for.
   */
  async use<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    this.check();
    const call = new AbortController();
    const { signal } = call;
    const deadline = setTimeout(() => call.abort(this.#unavailable('it did not respond in time.')), callLimit);
    this.#calls.add(call);
    try {
      const given = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(toError(signal.reason)), { once: true }),
      );
      return await Promise.race([work(signal), given]);
    } catch (error) {
      throw this.#toError(error);
    } finally {
      this.#calls.delete(call);
      clearTimeout(deadline);
    }
  }

  /** Throws when it is closed or no primary is known. */
  check(): void {
    if (this.#closed) throw new Error('The store is closed.');
    if (!this.#available) throw this.#unavailable(this.#reason);
  }

  /** Ends the session and the transaction that it may be in: now, or as soon as there is a primary to end it. */
  async end(session: ClientSession): Promise<void> {
    // Without one the driver would give up after a while, and the server keep what is locked for a minute.
    if (this.#available) await session.endSession().catch(() => {});
    else this.#sessions.add(session);
  }

  /** Closes it; does nothing when it is closed. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.client.removeAllListeners();
    clearTimeout(this.#grace);
    for (const call of this.#calls) call.abort(new Error('The store is closed.'));
    const closed = this.client.close().catch(() => {});
    // The driver tells the server of what it ends, and would wait for one that fell silent.
    await Promise.race([closed, sleep(farewell, undefined, { ref: false })]);
  }

  #toError(error: unknown): unknown {
    if (this.#closed) return new Error('The store is closed.', { cause: error });
    if (!isAbsence(error) && !isRefusal(error)) return error;
    return this.#unavailable(reasonOf(error, this.conceal), error);
  }

  #unavailable(reason: string, cause?: unknown): HearthError {
    return new HearthError('STORE_UNAVAILABLE', { reason }, { cause });
  }

  #observe(topology: TopologyDescription): void {
    const available = Array.from(topology.servers.values()).some(({ type }) => writable.has(type));
    if (!available) this.#reason = reasonOfTopology(topology, this.conceal);
    // A member that has not responded yet may be the primary.
    const errors = Array.from(topology.servers.values(), ({ error }) => error);
    if (errors.length > 0 && errors.every((error) => error !== null)) this.onFailure(this.#reason);
    if (available === this.#available) return;
    this.#available = available;
    if (available) this.#endSessions();
    else this.#giveUpLater();
    this.onAvailability(this.#reason);
  }

  /** The driver never ends a call that was sending much to a server that fell silent, not even when that is back. */
  #giveUpLater(): void {
    const calls = [...this.#calls];
    const error = this.#unavailable(this.#reason);
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => calls.forEach((call) => call.abort(error)), grace);
  }

  #endSessions(): void {
    for (const session of this.#sessions) void session.endSession().catch(() => {});
    this.#sessions.clear();
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

const writable: ReadonlySet<string> = new Set(['RSPrimary', 'Mongos', 'LoadBalancer']);

/** What MongoDB's `hello` says about the kind of a server. */
const helloReply = z.object({ setName: z.string().optional(), isreplicaset: z.boolean().optional(), msg: z.string().optional() });

function mistakeOf(reply: unknown, expected: string | undefined): string | undefined {
  const { data: hello } = helloReply.safeParse(reply);
  // A router of a sharded cluster says `isdbgrid`; a member of a set that is not initiated, `isreplicaset`.
  if (!hello || hello.msg === 'isdbgrid' || hello.isreplicaset === true) return undefined;
  if (hello.setName === undefined) {
    return 'names a server that is not in a replica set, so it has neither transactions nor change streams. Start mongod with --replSet and initiate the set; one member is enough.';
  }
  if (expected === undefined || hello.setName === expected) return undefined;
  return `asks for the replica set "${expected}", but the server is in "${hello.setName}".`;
}

function createClient(uri: string): MongoClient {
  // A `/` in a password that is not encoded would have the driver look for a host of that name, and say so.
  const misread = /^[^:]+:\/\/[^/?]*\/[^?]*@/.test(uri);
  try {
    if (!misread) return new MongoClient(uri, clientOptions);
  } catch {
    // The driver's own sentence may quote the string with its password, so neither it nor the cause is shown.
  }
  const reason =
    'MONGODB_URI is not a valid MongoDB connection string. Use the form mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS, with : / ? # [ ] @ % in the user and the password percent-encoded.';
  throw new HearthError('CONFIG_INVALID', { reason });
}
