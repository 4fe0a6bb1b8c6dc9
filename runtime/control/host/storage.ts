import { join } from 'node:path';
import type { Config } from './config.ts';
import type { LogLevel } from '../../kernel/ports/logger.ts';
import type { FunctionStore } from '../../kernel/ports/function-store.ts';
import { findMongod } from '../../adapters/mongod/binary.ts';
import type { ManagedMongod } from '../../adapters/mongod/mongod.ts';
import { openSqliteStore } from '../../adapters/store/sqlite/sqlite-store.ts';

/** Where an app is kept. */
export interface Storage {
  readonly store: FunctionStore;
  readonly kind: 'sqlite' | 'mongodb';
  /** The connection string of the database that functions use; undefined: none. */
  readonly databaseUri: string | undefined;
  close(): Promise<void>;
}

/** What a storage is opened with. */
export interface StorageOptions {
  readonly config: Pick<Config, 'dataDir' | 'historyLimit' | 'mongodbUri' | 'mongodBin'>;
  /** The program of the keeper of a mongod. */
  readonly keeper: string;
  log(level: LogLevel, message: string): void;
}

/**
 * Opens what the configuration names: a file in the data folder, a MongoDB, or a MongoDB that is started
 * for it. Waits, and says so in the log, as long as a MongoDB cannot be reached.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { dataDir, historyLimit, mongodbUri } = options.config;
  if (mongodbUri === undefined) {
    const store = await openSqliteStore({ dir: dataDir, historyLimit });
    return { store, kind: 'sqlite', databaseUri: undefined, close: () => store.close() };
  }
  // MongoDB's driver takes a good part of a start to read: hosts without a MongoDB go without.
  const { openMongoStore } = await import('../../adapters/store/mongodb/mongodb-store.ts');
  const managed = mongodbUri === 'managed' ? await startManaged(options) : undefined;
  const uri = managed?.uri ?? mongodbUri;
  try {
    const store = await openMongoStore({
      uri,
      historyLimit,
      log: (level, message) => options.log(level, message),
      onWaiting: (reason) => options.log('warn', `waiting for MongoDB: ${reason}`),
    });
    const close = async (): Promise<void> => {
      await store.close();
      await managed?.close();
    };
    return { store, kind: 'mongodb', databaseUri: uri, close };
  } catch (error) {
    await managed?.close();
    throw error;
  }
}

async function startManaged(options: StorageOptions): Promise<ManagedMongod> {
  const { startMongod } = await import('../../adapters/mongod/mongod.ts');
  const { config, keeper } = options;
  const bin = await findMongod({
    named: config.mongodBin,
    path: process.env['PATH'] ?? '',
    onDownload: () => options.log('info', 'no mongod was found on this machine; downloading one from MongoDB (once)'),
  });
  options.log('info', `starting ${bin} in ${join(config.dataDir, 'mongodb')}`);
  return startMongod({
    dir: join(config.dataDir, 'mongodb'),
    bin,
    keeper,
    onEnded: (how) => options.log('error', `mongod ended: ${how}; starting it again`),
  });
}
