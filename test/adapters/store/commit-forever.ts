import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../runtime/adapters/store/sqlite/sqlite-store.ts';

/** The source of revision `n` of a function: large enough to span many pages, and told apart from every other. */
export function sourceOf(name: string, n: number): string {
  return `${name}@${n};`.repeat(2000);
}

// Run as a process of its own that is killed while it commits: it writes a number for each commit
// that was acknowledged.
const dir = process.env['HEARTH_TEST_DIR'];
if (dir !== undefined) {
  const store = await openSqliteStore({ dir, historyLimit: 100_000 });
  const live = await store.functions();
  for (let n = (live[0]?.revision ?? 0) + 1; ; n += 1) {
    const drafts = ['a', 'b'].map((name) => ({
      name,
      source: sourceOf(name, n),
      methods: undefined,
      note: String(n),
      compiled: { code: sourceOf(name, n), map: '{}', builder: 'test' },
      ifRevision: n - 1,
    }));
    await store.commit({ drafts, deleted: [] });
    writeSync(1, `${n}\n`);
  }
}
