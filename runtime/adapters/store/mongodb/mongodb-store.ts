import type { AnyBulkWriteOperation, ClientSession, Collection } from 'mongodb';
import { HearthError } from '../../../kernel/errors.ts';
import type { LogLevel } from '../../../kernel/ports/logger.ts';
import type { Revision, RevisionSummary } from '../../../kernel/functions/revision.ts';
import type { Change, Draft, FunctionHead, FunctionStore, LiveRevision, SourceRevision } from '../../../kernel/ports/function-store.ts';
import { Changes } from './changes.ts';
import type { Connection } from './mongodb-connection.ts';
import {
  fromCompiled,
  fromDraft,
  type FunctionDocument,
  type Head,
  type RevisionDocument,
  type SettingDocument,
  toHead,
  toLive,
  toRevision,
  toSetting,
  toSummary,
  toText,
} from './documents.ts';
import { readHeads, readHistory, writeHistories } from './histories.ts';
import { isTooLarge } from './mongodb-failure.ts';
import { openConnection, type Waiting } from './open.ts';
import { collections } from './mongodb-schema.ts';
import { transact } from './mongodb-transaction.ts';

/** Where a store is and how much it remembers. */
export interface MongoStoreOptions extends Waiting {
  /** The connection string; the database is the one in its path, or else `hearth`. */
  readonly uri: string;
  /** Revisions kept per function, the live one included; at least 1. */
  readonly historyLimit: number;
  /** Told when the database is lost and when it is back. */
  readonly log?: ((level: LogLevel, message: string) => void) | undefined;
}

/**
 * Opens the store in a database of MongoDB that several hosts may share, at the newest schema; its
 * opener closes it. While the database cannot be reached it waits, and `onWaiting` is told why; when
 * `signal` aborts, it rejects with the signal's reason. Rejects with `CONFIG_INVALID` (reason) when
 * waiting cannot help: the connection string is malformed, the user is refused, the server is in no
 * replica set or older than 5.0, or a newer version of Hearth wrote the database.
 *
 * Texts come back as they were given, but for lone surrogates, which become U+FFFD as they do wherever
 * UTF-8 is written. The order of names is that of their code points. `commit()` rejects with
 * `SOURCE_TOO_LARGE` (name, limit) also when a revision with what is compiled of it exceeds the 16 MB of
 * a document.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<FunctionStore> {
  const { uri, historyLimit, log, ...waiting } = options;
  const connection = await openConnection(uri, waiting);
  const changes = new Changes(connection);
  connection.onAvailability = (reason) => {
    if (connection.available) log?.('info', 'The database that stores the functions can be reached again.');
    else log?.('warn', `The database that stores the functions cannot be reached: ${reason}`);
    changes.tell();
  };
  return new MongoStore(connection, changes, Math.max(1, historyLimit));
}

class MongoStore implements FunctionStore {
  readonly #connection: Connection;
  readonly #changes: Changes;
  readonly #historyLimit: number;
  readonly #functions: Collection<FunctionDocument>;
  readonly #revisions: Collection<RevisionDocument>;
  readonly #settings: Collection<SettingDocument>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, changes: Changes, historyLimit: number) {
    this.#connection = connection;
    this.#changes = changes;
    this.#historyLimit = historyLimit;
    this.#functions = connection.db.collection(collections.functions);
    this.#revisions = connection.db.collection(collections.revisions);
    this.#settings = connection.db.collection(collections.settings);
  }

  async functions(): Promise<Revision[]> {
    const stages = [
      { $match: { live: { $ne: null } } },
      { $sort: { _id: 1 } },
      { $project: { _id: 0, key: { name: '$_id', revision: '$live' } } },
      { $lookup: { from: collections.revisions, localField: 'key', foreignField: '_id', as: 'revision' } },
      { $unwind: '$revision' },
      { $replaceRoot: { newRoot: '$revision' } },
    ];
    const found = await this.#connection.use(() => this.#functions.aggregate(stages, snapshot).toArray());
    return found.map(toRevision);
  }

  async commit(change: Change): Promise<Revision[]> {
    // One after another: the transactions of one host need not find out by conflicts that they overlap.
    const work = (session: ClientSession): Promise<Revision[]> => this.#commit(change, session);
    const connection = this.#connection;
    const turn = this.#turn.then(() => connection.use((signal) => transact({ connection, signal, work })));
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } catch (error) {
      // The server may say so of the last write as well as of the commit.
      throw change.histories && isTooLarge(error) ? new HearthError('IMPORT_TOO_LARGE', {}, { cause: error }) : error;
    }
  }

  async live(): Promise<LiveRevision[]> {
    const options = { ...snapshot, projection: { live: 1 } };
    const found = await this.#connection.use(() => this.#functions.find({ live: { $ne: null } }, options).toArray());
    return found.map(toLive);
  }

  async heads(): Promise<FunctionHead[]> {
    return this.#connection.use(() => readHeads(this.#collections));
  }

  async history(name: string, after: number): Promise<SourceRevision[]> {
    return this.#connection.use(() => readHistory(this.#collections, name, after));
  }

  async revisions(name: string): Promise<RevisionSummary[]> {
    const options = { projection: { source: 0, code: 0, map: 0 }, sort: { '_id.revision': -1 } } as const;
    const found = await this.#connection.use(() => this.#revisions.find({ '_id.name': name }, options).toArray());
    return found.map(toSummary);
  }

  async revision(name: string, revision: number): Promise<Revision | undefined> {
    const found = await this.#connection.use(() => this.#revisions.findOne({ _id: { name, revision } }));
    return found === null ? undefined : toRevision(found);
  }

  async saveCompiled(revisions: readonly Revision[]): Promise<void> {
    const updates = revisions.map(({ name, revision, compiled }) => ({
      updateOne: { filter: { _id: { name, revision } }, update: { $set: fromCompiled(compiled) } },
    }));
    if (updates.length === 0) return;
    await this.#connection.use(() => this.#revisions.bulkWrite(updates));
  }

  async setting(key: string): Promise<string | undefined> {
    return toSetting(await this.#connection.use(() => this.#settings.findOne({ _id: key })));
  }

  async putSetting(key: string, value: string): Promise<void> {
    const update = { $set: { value: toText(value) } };
    await this.#connection.use(() => this.#settings.updateOne({ _id: key }, update, { upsert: true }));
  }

  async keepSetting(key: string, value: string): Promise<string> {
    const options = { upsert: true, returnDocument: 'after' } as const;
    const update = { $setOnInsert: { value: toText(value) } };
    const kept = await this.#connection.use(() => this.#settings.findOneAndUpdate({ _id: key }, update, options));
    return toSetting(kept) ?? value;
  }

  get available(): boolean {
    return this.#connection.available;
  }

  watch(changed: () => void): () => void {
    return this.#changes.watch(changed);
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#changes.end();
    await this.#connection.close();
  }

  get #collections() {
    return { functions: this.#functions, revisions: this.#revisions };
  }

  async #commit(change: Change, session: ClientSession): Promise<Revision[]> {
    const { drafts, deleted, histories = [], settings = new Map<string, string>() } = change;
    for (const [key, value] of settings) {
      await this.#settings.updateOne({ _id: key }, { $set: { value: toText(value) } }, { upsert: true, session });
    }
    if (drafts.length + deleted.length + histories.length === 0) return [];
    const names = [...[...drafts, ...histories].map(({ name }) => name), ...deleted];
    const found = await this.#functions.find({ _id: { $in: names } }, { session }).toArray();
    const heads = new Map(found.map((document) => [document._id, toHead(document)]));
    const now = Date.now();
    const documents = drafts.map((draft) => nextRevision(draft, heads.get(draft.name), now));
    for (const name of deleted) if ((heads.get(name)?.live ?? null) === null) throw new HearthError('FUNCTION_NOT_FOUND', { name });
    // First, so that of two hosts that publish the same one learns it before it has sent its sources.
    const updates = [...documents.map(toPublished), ...deleted.map(toDeleted)];
    if (updates.length > 0) await this.#functions.bulkWrite(updates, { session });
    await writeHistories(this.#collections, histories, { heads, session });
    if (documents.length > 0) await this.#revisions.insertMany(documents, { session });
    await this.#prune(documents, session);
    return documents.map(toRevision);
  }

  async #prune(documents: readonly RevisionDocument[], session: ClientSession): Promise<void> {
    const outdated = documents.filter(({ _id }) => _id.revision > this.#historyLimit);
    if (outdated.length === 0) return;
    const deletions = outdated.map(({ _id: { name, revision } }) => ({
      deleteMany: { filter: { '_id.name': name, '_id.revision': { $lte: revision - this.#historyLimit } } },
    }));
    await this.#revisions.bulkWrite(deletions, { session });
  }
}

/** A read that sees one moment from its first document to its last. */
const snapshot = { readConcern: { level: 'snapshot' } } as const;

function nextRevision(draft: Draft, head: Head | undefined, now: number): RevisionDocument {
  const { name, ifRevision: expected } = draft;
  const current = head?.live ?? 0;
  if (expected !== undefined && expected !== current) throw new HearthError('REVISION_CONFLICT', { name, current, expected });
  // Clocks differ between hosts and may step back; a history that does would be read in the wrong order.
  return fromDraft(draft, (head?.last ?? 0) + 1, Math.max(now, head?.createdAt ?? 0));
}

function toPublished({ _id: { name, revision }, createdAt }: RevisionDocument): AnyBulkWriteOperation<FunctionDocument> {
  return { updateOne: { filter: { _id: name }, update: { $set: { live: revision, last: revision, createdAt } }, upsert: true } };
}

function toDeleted(name: string): AnyBulkWriteOperation<FunctionDocument> {
  return { updateOne: { filter: { _id: name }, update: { $set: { live: null } } } };
}
