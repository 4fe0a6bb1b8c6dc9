import { createRequire } from 'node:module';
import type { Db } from 'mongodb';
import { createBuilder } from '../../../../runtime/build/builder.ts';
import { createCloud } from '../../../../runtime/worker/cloud/cloud.ts';
import { createDatabase } from '../../../../runtime/worker/cloud/database/database.ts';
import { sdkModule } from '../../../../runtime/worker/cloud/sdk-module.ts';

/** Builds a function as the host does, gives it the SDK with this database, and answers what it answers. */
export async function runFunction(source: string, db: Db): Promise<unknown> {
  const builder = createBuilder({ guards: false });
  const { compiled } = await builder.build({ name: 'sample', source });
  await builder.close();
  const base = createCloud({
    appId: 'test',
    env: {},
    serverSecret: 'a secret',
    database: undefined,
    sockets: new Set(),
    broadcast: async () => ({ sent: 0, skipped: 0 }),
    invoke: (name) => name,
  });
  const members = { database: { value: createDatabase(() => db) }, mongo: { value: { client: db.client, db } } };
  const sdk = sdkModule(Object.create(base, members));
  const packages = createRequire(import.meta.url);
  const load = (id: string): unknown => (id === '@lafjs/cloud' ? sdk : packages(id));
  const module: { exports: Record<string, unknown> } = { exports: {} };
  // oxlint-disable-next-line no-implied-eval -- compiled code is run as a loader runs it
  const evaluate = new Function('module', 'exports', 'require', compiled.code);
  evaluate(module, module.exports, load);
  const handler = module.exports['default'] ?? module.exports['main'];
  if (typeof handler !== 'function') throw new Error('no handler');
  const answer: unknown = await handler({});
  return answer;
}
