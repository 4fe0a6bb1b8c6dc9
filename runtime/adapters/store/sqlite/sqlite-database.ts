import { mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { z } from 'zod';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import { migrate } from './sqlite-schema.ts';

/**
 * Opens `hearth.db` in `dir` for this process alone, made if absent (folder 0700, file 0600), at
 * the newest schema. Throws `DATA_DIR_UNAVAILABLE` (dir, reason) when that cannot be.
 */
export async function openDatabase(dir: string): Promise<DatabaseSyncInstance> {
  try {
    const file = join(dir, 'hearth.db');
    await makeFolder(resolve(dir));
    await makeFile(file);
    return connect(file);
  } catch (error) {
    throw new HearthError('DATA_DIR_UNAVAILABLE', { dir, reason: reasonOf(error) }, { cause: error });
  }
}

/**
 * Closes the database and gives up its lock; does nothing when it is closed. The data then is in
 * `hearth.db` alone, without a log beside it.
 */
export function closeDatabase(database: DatabaseSyncInstance): void {
  if (!database.isOpen) return;
  try {
    // The driver leaves prepared statements to the garbage collector, and SQLite keeps a closed
    // connection with its lock as long as it has statements. An exclusive lock is given up only
    // outside WAL mode, at the next read.
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('PRAGMA locking_mode = NORMAL');
    database.exec('SELECT count(*) FROM sqlite_schema');
  } finally {
    database.close();
  }
}

function connect(file: string): DatabaseSyncInstance {
  const database = new DatabaseSync(file);
  try {
    // Before the first read: the lock is then taken with it and kept until the database is closed.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA synchronous = FULL');
    // On macOS a plain fsync returns before the disk has the data.
    database.exec('PRAGMA fullfsync = ON');
    database.exec('PRAGMA checkpoint_fullfsync = ON');
    // Before the change of the journal, which writes: a file that is not ours stays as it is.
    migrate(database);
    const { journal_mode: mode } = journalRow.parse(database.prepare('PRAGMA journal_mode = WAL').get());
    if (mode !== 'wal') throw new Error(`its file system cannot keep a write-ahead log (SQLite offers "${mode}").`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const journalRow = z.object({ journal_mode: z.string() });

async function makeFolder(dir: string): Promise<void> {
  const made = await mkdir(dir, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  // SQLite syncs its files and their folder; that the folder itself survives a power cut is up to us.
  for (let parent = dirname(dir); parent.length >= dirname(made).length; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === dirname(parent)) return;
  }
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(() => undefined);
  if (!folder) return;
  try {
    await folder.sync();
  } catch {
    // Some file systems refuse to sync a folder; they leave nothing better to do.
  } finally {
    await folder.close();
  }
}

async function makeFile(file: string): Promise<void> {
  try {
    // Only ever a file that is not there yet: to close any other handle of an open database would
    // drop this process's lock on it, which POSIX ties to the file and not to the handle.
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is not a folder.',
  ENOTDIR: 'it is not a folder.',
  EACCES: 'this user may not write to it.',
  EPERM: 'this user may not write to it.',
  EROFS: 'its file system is read-only.',
  ENOSPC: 'the disk is full.',
  SQLITE_BUSY: 'another process is using it. Stop that process, or set DATA_DIR to another folder.',
  SQLITE_LOCKED: 'another process is using it. Stop that process, or set DATA_DIR to another folder.',
  SQLITE_READONLY: 'this user may not write to its hearth.db.',
  SQLITE_CANTOPEN: 'its hearth.db cannot be opened.',
  SQLITE_FULL: 'the disk is full.',
  SQLITE_NOTADB: 'its hearth.db is not a database, or is damaged. Restore it from a backup, or move it away to start empty.',
  SQLITE_CORRUPT: 'its hearth.db is damaged. Restore it from a backup, or move it away to start empty.',
};

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return (code !== undefined && Object.hasOwn(reasons, code) ? reasons[code] : undefined) ?? messageOf(error);
}

const coded = z.object({ code: z.string().optional(), sqliteCode: z.number().optional() });

/** The primary result codes of SQLite that opening a file can meet (sqlite.org/rescode.html). */
const sqliteCodes: ReadonlyMap<number, string> = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [8, 'SQLITE_READONLY'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [26, 'SQLITE_NOTADB'],
]);

function codeOf(error: unknown): string | undefined {
  const { data } = coded.safeParse(error);
  if (data?.sqliteCode === undefined) return data?.code;
  // The low byte is the primary code; the rest says more than a reader needs.
  return sqliteCodes.get(data.sqliteCode & 0xff);
}
