import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../control/host/config.ts';
import { HearthError } from '../kernel/errors.ts';
import { openMongoStore } from '../adapters/store/mongodb/mongodb-store.ts';
import { openStorage, type Storage } from '../control/host/storage.ts';

/** Where a command finds the app: in a store that it opens itself, or behind the API of the host that has it open. */
export type AppPlace = { readonly storage: Pick<Storage, 'store' | 'close'> } | { readonly api: string; readonly token: string };

/** What an app is looked for with. */
export interface PlaceOptions {
  readonly config: Config;
  readonly keeper: string;
  /** Whether a data folder without an app is made into one; else that is an Error. */
  readonly make: boolean;
  say(message: string): void;
}

/**
 * Finds the app that a host with this configuration serves. Hosts on the same MongoDB follow what is
 * written there; of a file in the data folder the host that runs on it is the only one who may write.
 */
export async function findApp(options: PlaceOptions): Promise<AppPlace> {
  const { config, make } = options;
  const uri = config.mongodbUri === 'managed' ? await runningMongod(join(config.dataDir, 'mongodb')) : undefined;
  if (uri !== undefined)
    return {
      storage: await openMongoStore({ uri, historyLimit: config.historyLimit }).then((store) => ({ store, close: () => store.close() })),
    };
  if (!make) await checkExists(config);
  try {
    const log = (_: unknown, message: string): void => options.say(message);
    return { storage: await openStorage({ config, keeper: options.keeper, log }) };
  } catch (error) {
    if (config.mongodbUri !== undefined || !isInUse(error)) throw error;
    return findHost(config);
  }
}

async function checkExists({ mongodbUri, dataDir }: Config): Promise<void> {
  if (mongodbUri !== undefined && mongodbUri !== 'managed') return;
  const place = mongodbUri === 'managed' ? join(dataDir, 'mongodb') : join(dataDir, 'hearth.db');
  await access(place).catch(() => {
    throw new Error(`There is no app in ${dataDir}: ${place} does not exist. Set DATA_DIR or MONGODB_URI to the host's values.`);
  });
}

function isInUse(error: unknown): boolean {
  return error instanceof HearthError && error.code === 'DATA_DIR_UNAVAILABLE' && error.message.includes('another process is using it');
}

function findHost({ host, consolePort, adminToken, dataDir }: Config): AppPlace {
  const running = `A host is running on ${dataDir}, so this goes through its API`;
  if (adminToken === undefined) throw new Error(`${running}, which needs the admin token: set ADMIN_TOKEN.`);
  if (consolePort === 0) throw new Error(`${running}, but CONSOLE_PORT=0 does not say where the API is: set CONSOLE_PORT.`);
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { api: `http://${address.includes(':') ? `[${address}]` : address}:${consolePort}`, token: adminToken };
}

/** The connection string of the mongod that a host runs in this folder; undefined when none does. To start a second one would end the first. */
async function runningMongod(dir: string): Promise<string | undefined> {
  const [pid, port] = await Promise.all(['mongod.lock', 'hearth-port'].map((file) => readFile(join(dir, file), 'utf8').catch(() => '')));
  const command = Number(pid) > 0 ? await readFile(`/proc/${Number(pid)}/cmdline`, 'utf8').catch(() => '') : '';
  if (!command.split('\0').includes(dir) || !(Number(port) > 0)) return undefined;
  return `mongodb://127.0.0.1:${Number(port)}/hearth?replicaSet=hearth`;
}
