import type { Cloud as CloudMembers } from '../../../sdk/cloud.ts';
import { CloudError } from '../../../sdk/errors.ts';

/** What `require('@lafjs/cloud')` returns. It inherits the members of `cloud`. */
export interface SdkModule extends CloudMembers {
  readonly __esModule: true;
  readonly default: CloudMembers;
  readonly cloud: CloudMembers;
  /** `new Cloud()` has the members of `cloud`. */
  readonly Cloud: new () => object;
  readonly CloudError: typeof CloudError;
}

/**
 * The module for every way in which functions take it: as an ES module's default or named exports,
 * and as `const cloud = require('@lafjs/cloud')`. esbuild copies a module's own properties and keeps
 * its prototype, so that inherited members are named exports as well.
 */
export function sdkModule(cloud: CloudMembers): SdkModule {
  // oxlint-disable-next-line no-extraneous-class -- its members are inherited, from `cloud`
  class Cloud {}
  Object.setPrototypeOf(Cloud.prototype, cloud);
  const inherited: CloudMembers = Object.create(cloud);
  return Object.assign(inherited, { __esModule: true, default: cloud, cloud, Cloud, CloudError } as const);
}
