import type { AnyBulkWriteOperation, ClientSession, Collection } from 'mongodb';
import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionHead, History, SourceRevision } from '../../../kernel/ports/function-store.ts';
import { fromDraft, type FunctionDocument, type Head, type RevisionDocument, toFunctionHead, toSourceRevision } from './documents.ts';

/** What whole histories are read from and written to. */
export interface HistoryCollections {
  readonly functions: Collection<FunctionDocument>;
  readonly revisions: Collection<RevisionDocument>;
}

/** So many of the largest sources are a few megabytes. */
const page = 32;

/** Every function that there ever was, all as of one moment, in the order of names. */
export async function readHeads({ functions }: HistoryCollections): Promise<FunctionHead[]> {
  const options = { readConcern: { level: 'snapshot' }, sort: { _id: 1 } } as const;
  return (await functions.find({}, options).toArray()).map(toFunctionHead);
}

/** The next revisions of a function above a number, oldest first. */
export async function readHistory({ revisions }: HistoryCollections, name: string, after: number): Promise<SourceRevision[]> {
  const options = { projection: { code: 0, map: 0 }, sort: { '_id.revision': 1 }, limit: page } as const;
  const found = await revisions.find({ '_id.name': name, '_id.revision': { $gt: after } }, options).toArray();
  return found.map(toSourceRevision);
}

/**
 * Writes whole histories in the place of what stands under their names. Throws `REVISION_CONFLICT`
 * (name, current, expected) when that is not what was seen.
 */
export async function writeHistories(
  { functions, revisions }: HistoryCollections,
  histories: readonly History[],
  { heads, session }: { readonly heads: ReadonlyMap<string, Head>; readonly session: ClientSession },
): Promise<void> {
  if (histories.length === 0) return;
  for (const { name, ifLast } of histories) {
    const current = heads.get(name)?.last ?? 0;
    if (current !== ifLast) throw new HearthError('REVISION_CONFLICT', { name, current, expected: ifLast });
  }
  const documents = histories.flatMap((history) => history.revisions.map((one) => fromDraft(one, one.revision, one.createdAt)));
  await functions.bulkWrite(histories.map(toReplaced), { session });
  const replaced = histories.filter(({ ifLast }) => ifLast > 0).map(({ name }) => name);
  if (replaced.length > 0) await revisions.deleteMany({ '_id.name': { $in: replaced } }, { session });
  if (documents.length > 0) await revisions.insertMany(documents, { session });
}

function toReplaced({ name, live, last, revisions }: History): AnyBulkWriteOperation<FunctionDocument> {
  const update = { $set: { live, last, createdAt: new Date(revisions.at(-1)?.createdAt ?? 0) } };
  return { updateOne: { filter: { _id: name }, update, upsert: true } };
}
