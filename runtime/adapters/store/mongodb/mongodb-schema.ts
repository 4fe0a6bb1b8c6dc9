import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { HearthError } from '../../../kernel/errors.ts';

/** The store's collections: their names keep clear of an app's own and of Laf's (`__functions__`). */
export const collections = {
  functions: 'hearth_functions',
  revisions: 'hearth_revisions',
  settings: 'hearth_settings',
  meta: 'hearth_meta',
} as const;

/**
 * The steps from one schema version to the next; the version is how many of them a database has had. A
 * released step never changes: a new version appends one. A host may end in the middle of a step, and
 * another then begins it anew: a step MUST be fit to be carried out twice.
 */
const migrations: readonly ((db: Db) => Promise<void>)[] = [
  async (db) => {
    // Made here and not by the first write, which would make them inside of a transaction.
    for (const name of [collections.functions, collections.revisions, collections.settings]) {
      await db.createCollection(name, { collation: { locale: 'simple' } }).catch(ignoreExisting);
    }
  },
];

interface MetaDocument {
  readonly _id: string;
  readonly version?: number;
  readonly lock?: { readonly owner: string; readonly until: Date };
}

const versionDocument = z.object({ version: z.number().default(0) });

/** How long a host may take for a step before another takes it for dead, in milliseconds. */
const lockTime = 60_000;

/**
 * Brings the database to the newest schema; of several hosts that start at once one does, and the others
 * wait for it. Throws `CONFIG_INVALID` (reason) when a newer version of Hearth wrote it, and then has
 * changed nothing.
 */
export async function migrate(db: Db): Promise<void> {
  const owner = randomUUID();
  while ((await versionOf(db)) < migrations.length) {
    if (await lock(db, owner)) await carryOut(db, owner);
    else await sleep(50);
  }
  await createIndexes(db);
}

async function carryOut(db: Db, owner: string): Promise<void> {
  try {
    const version = await versionOf(db);
    const step = migrations[version];
    if (!step) return;
    await step(db);
    await metaOf(db).updateOne({ _id: 'schema', 'lock.owner': owner }, { $set: { version: version + 1 } });
  } finally {
    await metaOf(db).updateOne({ _id: 'schema', 'lock.owner': owner }, { $unset: { lock: '' } });
  }
}

async function versionOf(db: Db): Promise<number> {
  const found = await metaOf(db).findOne({ _id: 'schema' });
  const { version } = versionDocument.parse(found ?? {});
  if (version >= 0 && version <= migrations.length) return version;
  const reason = `MONGODB_URI names the database "${db.databaseName}", which was written by a newer version of Hearth: its schema is ${version}, and this version knows ${migrations.length}. Run the newer version.`;
  throw new HearthError('CONFIG_INVALID', { reason });
}

/** Takes the lock, by the clock of the database, unless another host has it. */
async function lock(db: Db, owner: string): Promise<boolean> {
  const until = { $add: ['$$NOW', lockTime] };
  // On its own, since MongoDB takes no comparison with its clock in an upsert.
  await metaOf(db).updateOne({ _id: 'schema' }, { $setOnInsert: { version: 0 } }, { upsert: true });
  const { matchedCount } = await metaOf(db).updateOne(
    { _id: 'schema', $or: [{ lock: { $exists: false } }, { $expr: { $lt: ['$lock.until', '$$NOW'] } }] },
    [{ $set: { lock: { owner, until } } }],
  );
  return matchedCount === 1;
}

/** At every start, since they are not part of the data: a restored backup may lack them. */
async function createIndexes(db: Db): Promise<void> {
  await db.collection(collections.revisions).createIndex({ '_id.name': 1, '_id.revision': -1 }, { name: 'history' });
}

function metaOf(db: Db) {
  return db.collection<MetaDocument>(collections.meta);
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'codeName' in error && error.codeName === 'NamespaceExists')) throw error;
}
