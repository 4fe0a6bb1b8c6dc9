import { describe, expect, it } from 'vitest';
import { createCloud } from '../../../runtime/worker/cloud/cloud.ts';
import { sdkModule } from '../../../runtime/worker/cloud/sdk-module.ts';
import { CloudError } from '../../../sdk/errors.ts';
import { namedPackages } from '../functions/host.ts';
import { runSample } from './sample.ts';

const cloud = createCloud({
  appId: 'test-app',
  env: {},
  serverSecret: 'a secret',
  database: undefined,
  shared: new Map(),
  sockets: new Set(),
  broadcast: async () => ({ sent: 0, skipped: 0 }),
  invoke: (name) => name,
});
const sdk = sdkModule(cloud);

const run = (source: string): Promise<unknown> => runSample(source, sdk, namedPackages());

describe('sdkModule()', () => {
  it.each([
    ['a default import', "import cloud from '@lafjs/cloud'; export default () => cloud;"],
    ['a named import of cloud', "import { cloud } from '@lafjs/cloud'; export default () => cloud;"],
    ['an import of default', "import { default as c } from '@lafjs/cloud'; export default () => c;"],
    ['a namespace', "import * as sdk from '@lafjs/cloud'; export default () => sdk.default;"],
    ['require().default', "exports.main = () => require('@lafjs/cloud').default;"],
    ['import()', "export default async () => (await import('@lafjs/cloud')).default;"],
    ['a re-export', "export * from '@lafjs/cloud'; import c from '@lafjs/cloud'; export default () => c;"],
    ['exports.main beside import', "import cloud from '@lafjs/cloud'; exports.main = () => cloud;"],
  ])('gives cloud itself to %s', async (_, source) => {
    expect(await run(source)).toBe(cloud);
  });

  it.each([
    ['require()', "const cloud = require('@lafjs/cloud'); exports.main = () => [cloud.appid, cloud.shared, cloud.invoke];"],
    ['a namespace', "import * as cloud from '@lafjs/cloud'; export default () => [cloud.appid, cloud.shared, cloud.invoke];"],
    ['named imports', "import { appid, shared, invoke } from '@lafjs/cloud'; export default () => [appid, shared, invoke];"],
    ['import =', "import cloud = require('@lafjs/cloud'); export default () => [cloud.appid, cloud.shared, cloud.invoke];"],
    ['destructuring', "const { appid, shared, invoke } = require('@lafjs/cloud'); exports.main = () => [appid, shared, invoke];"],
    [
      'new Cloud()',
      "import { Cloud } from '@lafjs/cloud'; export default () => { const c = new Cloud(); return [c.appid, c.shared, c.invoke]; };",
    ],
  ])('gives the members to %s', async (_, source) => {
    const members = await run(source);
    expect(members).toEqual(['test-app', cloud.shared, cloud.invoke]);
    expect(Reflect.get(Object(members), 1)).toBe(cloud.shared);
  });

  it('throws for what the host does not have only when a function asks for it', async () => {
    const use = "import * as sdk from '@lafjs/cloud'; import cloud, { CloudError } from '@lafjs/cloud'; export default () => ";
    expect(await run(`${use} 'loaded' + typeof sdk.appid`)).toBe('loadedstring');
    await expect(run(`${use} cloud.mongo.db`)).rejects.toThrow(CloudError);
    expect(await run(`${use} { try { cloud.database(); } catch (error) { return error instanceof CloudError && error.code; } }`)).toBe(
      'DATABASE_UNAVAILABLE',
    );
  });

  it('gives classes that can be told apart', () => {
    expect(sdk.CloudError).toBe(CloudError);
    expect(new sdk.Cloud()).toBeInstanceOf(sdk.Cloud);
  });
});
