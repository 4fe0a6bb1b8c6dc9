import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionStore } from '../kernel/store.ts';
import type { FunctionEdit } from './services.ts';

const seeded = 'starterPublished';

/** The starter functions, when this store has never had any function; remembered, so that deleting them lasts. */
export async function readStarter(store: FunctionStore, dir: string, empty: boolean): Promise<readonly FunctionEdit[]> {
  if ((await store.setting(seeded)) !== undefined) return [];
  const files = empty ? (await readdir(dir)).filter((file) => file.endsWith('.ts')) : [];
  return Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -'.ts'.length),
      source: await readFile(join(dir, file), 'utf8'),
      note: 'starter function',
    })),
  );
}

/** Remembers that the starter functions were published. */
export function markStarter(store: FunctionStore): Promise<void> {
  return store.putSetting(seeded, 'yes');
}
