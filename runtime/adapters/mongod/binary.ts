import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HearthError, messageOf } from '../../kernel/errors.ts';

/** Where to look for a mongod. */
export interface MongodSearch {
  /** The file that the user names; nothing else is tried then. */
  readonly named: string | undefined;
  /** The folders of the `PATH` variable. */
  readonly path: string;
  /** Told when one has to be fetched, which takes its time. */
  onDownload(): void;
}

/**
 * Finds a mongod: the named one, else one on the path, else the one that `mongodb-memory-server-core`
 * keeps in its cache or fetches from MongoDB. Throws `MONGOD_UNAVAILABLE` with what can be done.
 */
export async function findMongod(search: MongodSearch): Promise<string> {
  const { named, path } = search;
  if (named !== undefined) {
    if (await isExecutable(named)) return named;
    throw new HearthError('MONGOD_UNAVAILABLE', { reason: `MONGOD_BIN names ${named}, which cannot be run. Set it to a mongod.` });
  }
  for (const folder of path.split(delimiter)) {
    const file = join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod');
    if (folder !== '' && (await isExecutable(file))) return file;
  }
  return fetchMongod(() => search.onDownload());
}

async function fetchMongod(onDownload: () => void): Promise<string> {
  // Loaded only here: it brings much along.
  const { MongoBinary } = await import('mongodb-memory-server-core/lib/util/MongoBinary.js');
  const { DryMongoBinary } = await import('mongodb-memory-server-core/lib/util/DryMongoBinary.js');
  try {
    const cached = await DryMongoBinary.locateBinary(await DryMongoBinary.generateOptions());
    if (cached === undefined) onDownload();
    return cached ?? (await MongoBinary.getPath());
  } catch (error) {
    const reason = `none is on the PATH, and none could be downloaded (${messageOf(error)}). Install MongoDB, or set MONGOD_BIN to its mongod.`;
    throw new HearthError('MONGOD_UNAVAILABLE', { reason }, { cause: error });
  }
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
