import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearthError } from '../../../kernel/errors.ts';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';
import type { FunctionEdit, Publisher } from './publisher.ts';

const seeded = 'starterPublished';

export interface StarterOptions {
  readonly store: FunctionStore;
  readonly publisher: Publisher;
  readonly dir: string;
  readonly empty: boolean;
}

/** Publishes the starter functions when this store has never had any function; remembered, so that deleting them lasts. */
export async function publishStarter({ store, publisher, dir, empty }: StarterOptions): Promise<void> {
  if ((await store.setting(seeded)) !== undefined) return;
  if (empty) await publish(publisher, await readStarter(dir));
  await store.putSetting(seeded, 'yes');
}

async function readStarter(dir: string): Promise<readonly FunctionEdit[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.ts'));
  return Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -'.ts'.length),
      source: await readFile(join(dir, file), 'utf8'),
      note: 'starter function',
      ifRevision: 0,
    })),
  );
}

async function publish(publisher: Publisher, functions: readonly FunctionEdit[]): Promise<void> {
  try {
    await publisher.publish({ functions, deleted: [] });
  } catch (error) {
    // Another host that begins on the same store was first.
    if (!(error instanceof HearthError && error.code === 'REVISION_CONFLICT')) throw error;
  }
}
