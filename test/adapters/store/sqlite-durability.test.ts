import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';
import { openSqliteStore } from '../../../runtime/adapters/store/sqlite/sqlite-store.ts';
import { sourceOf } from './commit-forever.ts';

let root = '';
let program = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-durability-'));
  program = join(root, 'commit-forever.mjs');
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  await build({
    entryPoints: [join(import.meta.dirname, 'commit-forever.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
});

afterAll(() => rm(root, { recursive: true }));

/** Runs the committing process, kills it while it works, and answers the last commit that it acknowledged. */
async function commitUntilKilled(dir: string): Promise<number> {
  const child = spawn(process.execPath, [program], { env: { HEARTH_TEST_DIR: dir }, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const killAfter = 1 + Math.floor(Math.random() * 30);
  let last = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    seen += 1;
    if (seen !== killAfter) continue;
    // Somewhere inside a commit and not just after one.
    await sleep(Math.random() * 3);
    child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return last;
}

/** Checks that every commit up to the last one is there, whole, and answers the last one. */
async function wholeCommits(store: FunctionStore): Promise<number> {
  const [a, b] = await store.functions();
  expect(a?.revision).toBe(b?.revision);
  for (const name of ['a', 'b']) {
    const history = await store.revisions(name);
    expect(history.map(({ revision }) => revision).toReversed()).toEqual(history.map((_, at) => at + 1));
    for (const { revision } of history) {
      const kept = await store.revision(name, revision);
      expect(kept?.source === sourceOf(name, revision) && kept.compiled.code === kept.source).toBe(true);
    }
  }
  return a?.revision ?? 0;
}

describe('openSqliteStore()', () => {
  it('has every acknowledged commit after kill -9, and none half', async () => {
    const dir = join(root, 'data');
    for (let round = 0; round < 6; round += 1) {
      const acknowledged = await commitUntilKilled(dir);
      const store = await openSqliteStore({ dir, historyLimit: 100_000 });
      try {
        expect(await wholeCommits(store)).toBeGreaterThanOrEqual(acknowledged);
      } finally {
        await store.close();
      }
    }
  });
});
