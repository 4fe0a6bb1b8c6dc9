import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { HearthError } from '../../../kernel/errors.ts';
import type { Revision, RevisionSummary } from '../../../kernel/functions/revision.ts';
import type {
  Change,
  Draft,
  FunctionHead,
  FunctionStore,
  History,
  LiveRevision,
  SourceRevision,
} from '../../../kernel/ports/function-store.ts';
import { closeDatabase, openDatabase } from './sqlite-database.ts';
import { type Head, toBytes, toFunctionHead, toHead, toLive, toRevision, toSetting, toSourceRevision, toSummary } from './rows.ts';
import { transact } from './sqlite-transaction.ts';

/** Where a store is and how much it remembers. */
export interface SqliteStoreOptions {
  /** The data folder; made if absent. One process at a time may use it. */
  readonly dir: string;
  /** Revisions kept per function, the live one included; at least 1. */
  readonly historyLimit: number;
}

/**
 * Opens the embedded store, `hearth.db` in `dir`; its opener closes it. Throws
 * `DATA_DIR_UNAVAILABLE` (dir, reason) when another process uses the folder, or the folder or file
 * cannot be made, written or read, or a newer version of Hearth wrote it.
 *
 * Texts come back as they were given, but for lone surrogates, which become U+FFFD as they do
 * wherever UTF-8 is written; what `commit()` resolves to is what the store holds. The order of names
 * is that of their code points.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<FunctionStore> {
  return new SqliteStore(await openDatabase(options.dir), Math.max(1, options.historyLimit));
}

class SqliteStore implements FunctionStore {
  readonly #database: DatabaseSyncInstance;
  readonly #historyLimit: number;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSyncInstance, historyLimit: number) {
    this.#database = database;
    this.#historyLimit = historyLimit;
    this.#sql = prepare(database);
  }

  async functions(): Promise<Revision[]> {
    return this.#sql.live.all().map(toRevision);
  }

  async commit(change: Change): Promise<Revision[]> {
    return transact(this.#database, () => {
      const now = Date.now();
      const revisions = change.drafts.map((draft) => this.#publish(draft, now));
      for (const name of change.deleted) this.#delete(name);
      for (const history of change.histories ?? []) this.#adopt(history);
      for (const [key, value] of change.settings ?? []) this.#sql.putSetting.run(key, toBytes(value));
      return revisions;
    });
  }

  async live(): Promise<LiveRevision[]> {
    return this.#sql.liveRevisions.all().map(toLive);
  }

  async heads(): Promise<FunctionHead[]> {
    return this.#sql.heads.all().map(toFunctionHead);
  }

  async history(name: string, after: number): Promise<SourceRevision[]> {
    return this.#sql.sources.all(name, after).map(toSourceRevision);
  }

  async revisions(name: string): Promise<RevisionSummary[]> {
    return this.#sql.history.all(name).map(toSummary);
  }

  async revision(name: string, revision: number): Promise<Revision | undefined> {
    const row: unknown = this.#sql.revision.get(name, revision);
    return row === undefined ? undefined : toRevision(row);
  }

  async saveCompiled(revisions: readonly Revision[]): Promise<void> {
    transact(this.#database, () => {
      for (const { name, revision, compiled } of revisions) {
        this.#sql.recompile.run(toBytes(compiled.code), toBytes(compiled.map), compiled.builder, name, revision);
      }
    });
  }

  async setting(key: string): Promise<string | undefined> {
    return toSetting(this.#sql.setting.get(key));
  }

  async putSetting(key: string, value: string): Promise<void> {
    this.#sql.putSetting.run(key, toBytes(value));
  }

  async keepSetting(key: string, value: string): Promise<string> {
    this.#sql.keepSetting.run(key, toBytes(value));
    return toSetting(this.#sql.setting.get(key)) ?? value;
  }

  /** The file is this host's alone, and there as long as the host is. */
  readonly available = true;

  watch(): () => void {
    return () => {};
  }

  async close(): Promise<void> {
    closeDatabase(this.#database);
  }

  #publish(draft: Draft, now: number): Revision {
    const { name } = draft;
    const head = toHead(this.#sql.head.get(name));
    checkExpected(draft, head);
    const revision = (head?.last ?? 0) + 1;
    this.#sql.setLive.run(name, revision);
    // The clock may step back; a history that does would be read in the wrong order.
    this.#insert({ ...draft, revision, createdAt: Math.max(now, head?.created_at ?? 0) });
    this.#sql.prune.run(name, revision - this.#historyLimit);
    return toRevision(this.#sql.revision.get(name, revision));
  }

  #insert({ name, revision, createdAt, methods, note, source, compiled, loadError }: Revision): void {
    const listed = methods === undefined ? null : JSON.stringify(methods);
    const { builder, code, map } = compiled;
    const texts = [toBytes(note), builder, toBytes(source), toBytes(code), toBytes(map)] as const;
    this.#sql.insert.run(name, revision, createdAt, listed, ...texts, loadError ? toBytes(JSON.stringify(loadError)) : null);
  }

  #adopt({ name, live, last, revisions, ifLast }: History): void {
    const current = toHead(this.#sql.head.get(name))?.last ?? 0;
    if (current !== ifLast) throw new HearthError('REVISION_CONFLICT', { name, current, expected: ifLast });
    this.#sql.setHead.run(name, live, last);
    this.#sql.prune.run(name, Number.MAX_SAFE_INTEGER);
    for (const revision of revisions) this.#insert(revision);
  }

  #delete(name: string): void {
    if (this.#sql.setDeleted.run(name).changes === 0) throw new HearthError('FUNCTION_NOT_FOUND', { name });
  }
}

function checkExpected(draft: Draft, head: Head | undefined): void {
  const current = head?.live ?? 0;
  const { name, ifRevision: expected } = draft;
  if (expected !== undefined && expected !== current) throw new HearthError('REVISION_CONFLICT', { name, current, expected });
}

const columns = 'name, revision, created_at, methods, note, builder, source, code, map, load_error';

function prepare(database: DatabaseSyncInstance) {
  return {
    live: database.prepare(
      `SELECT revisions.* FROM functions JOIN revisions ON revisions.name = functions.name AND revisions.revision = functions.live
       ORDER BY functions.name`,
    ),
    head: database.prepare(
      `SELECT live, last, created_at FROM functions LEFT JOIN revisions ON revisions.name = functions.name AND revisions.revision = functions.last
       WHERE functions.name = ?`,
    ),
    revision: database.prepare(`SELECT ${columns} FROM revisions WHERE name = ? AND revision = ?`),
    history: database.prepare(
      `SELECT name, revision, created_at, methods, note, length(source) AS size FROM revisions WHERE name = ? ORDER BY revision DESC`,
    ),
    liveRevisions: database.prepare(`SELECT name, live AS revision FROM functions WHERE live IS NOT NULL`),
    heads: database.prepare(`SELECT name, live, last FROM functions ORDER BY name`),
    // So many of the largest sources are a few megabytes.
    sources: database.prepare(
      `SELECT name, revision, created_at, methods, note, source FROM revisions WHERE name = ? AND revision > ? ORDER BY revision LIMIT 32`,
    ),
    setHead: database.prepare(
      `INSERT INTO functions (name, live, last) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET live = excluded.live, last = excluded.last`,
    ),
    setLive: database.prepare(
      `INSERT INTO functions (name, live, last) VALUES (?1, ?2, ?2) ON CONFLICT (name) DO UPDATE SET live = excluded.live, last = excluded.last`,
    ),
    insert: database.prepare(`INSERT INTO revisions (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    prune: database.prepare(`DELETE FROM revisions WHERE name = ? AND revision <= ?`),
    setDeleted: database.prepare(`UPDATE functions SET live = NULL WHERE name = ? AND live IS NOT NULL`),
    recompile: database.prepare(`UPDATE revisions SET code = ?, map = ?, builder = ? WHERE name = ? AND revision = ?`),
    setting: database.prepare(`SELECT value FROM settings WHERE key = ?`),
    keepSetting: database.prepare(`INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`),
    putSetting: database.prepare(`INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
  };
}
