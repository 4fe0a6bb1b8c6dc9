import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/**
 * Carries out all of `work`, durably, or nothing of it; then it throws what `work` throws. All of it
 * is synchronous, so that no other call on the database comes between.
 */
export function transact<Result>(database: DatabaseSyncInstance, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
