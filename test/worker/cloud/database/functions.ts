import { createRequire } from 'node:module';
import type { Db } from 'mongodb';
import { createCloud } from '../../../../runtime/worker/cloud/cloud.ts';
import { createDatabase } from '../../../../runtime/worker/cloud/database/database.ts';
import { sdkModule } from '../../../../runtime/worker/cloud/sdk-module.ts';
import { namedPackages } from '../../functions/host.ts';
import { runSample } from '../sample.ts';

/** Builds a function as the host does, gives it the SDK with this database, and answers what it answers. */
export async function runFunction(source: string, db: Db): Promise<unknown> {
  const base = createCloud({
    appId: 'test',
    env: {},
    serverSecret: 'a secret',
    database: undefined,
    shared: new Map(),
    sockets: new Set(),
    broadcast: async () => ({ sent: 0, skipped: 0 }),
    invoke: (name) => name,
  });
  const members = { database: { value: createDatabase(() => db) }, mongo: { value: { client: db.client, db } } };
  const sdk = sdkModule(Object.create(base, members));
  const packages = createRequire(import.meta.url);
  return runSample(source, sdk, { ...namedPackages(), require: packages, importNow: packages });
}
