import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { z } from 'zod';
import { transact } from './sqlite-transaction.ts';

/**
 * The steps from one schema version to the next; the version is how many of them a file has had
 * (`PRAGMA user_version`). A released step never changes: a new version appends one.
 *
 * Text that a user wrote is kept as UTF-8 in BLOBs, since SQLite cuts TEXT off at a NUL when it is
 * read. What a history lists comes before what is large, so that listing does not read the latter.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE functions (
    name TEXT NOT NULL PRIMARY KEY,
    live INTEGER,
    last INTEGER NOT NULL,
    FOREIGN KEY (name, live) REFERENCES revisions (name, revision) DEFERRABLE INITIALLY DEFERRED
  ) STRICT;

  CREATE TABLE revisions (
    name TEXT NOT NULL REFERENCES functions (name),
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    methods TEXT,
    note BLOB NOT NULL,
    builder TEXT NOT NULL,
    source BLOB NOT NULL,
    code BLOB NOT NULL,
    map BLOB NOT NULL,
    PRIMARY KEY (name, revision)
  ) STRICT;

  CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
  ) STRICT;
  `,
  // Why a revision did not load when it was published all the same, as JSON.
  'ALTER TABLE revisions ADD COLUMN load_error BLOB;',
];

const versionRow = z.object({ user_version: z.number() });

/**
 * Brings the file to the newest schema, in one transaction; throws when a newer version of Hearth
 * wrote it, and then has changed nothing.
 */
export function migrate(database: DatabaseSyncInstance): void {
  transact(database, () => {
    const { user_version: version } = versionRow.parse(database.prepare('PRAGMA user_version').get());
    if (version < 0 || version > migrations.length) {
      throw new Error(
        `its hearth.db was written by a newer version of Hearth: its schema is ${version}, and this version knows ${migrations.length}. Run the newer version.`,
      );
    }
    if (version === migrations.length) return;
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
