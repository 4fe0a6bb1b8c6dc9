import { createRequire } from 'node:module';
import { beforeEachFile, provideModule } from '../../internals/node-module.ts';
import { join } from 'node:path';
import { isSdk } from '../../kernel/functions/name.ts';

/** Loads npm packages and Node's own modules for functions. */
export interface Packages {
  /** `require()` of a package: the app's own folder first, then what Hearth brings along. */
  require(id: string): unknown;
  resolve(id: string): string;
}

/**
 * Packages from `dir/node_modules`, then from Hearth's own dependencies. The SDK is there under its
 * names for packages too: those written for Laf require it themselves. `onLoad` is called before each
 * file of a package is evaluated.
 */
export function createPackages(dir: string, sdk: unknown, onLoad: () => void): Packages {
  const app = createRequire(join(dir, 'package.json'));
  const host = createRequire(import.meta.url);
  provideSdk(sdk);
  provideObjectId(host);
  beforeEachFile(onLoad);
  const pick = (id: string): NodeJS.Require => {
    try {
      app.resolve(id);
      return app;
    } catch {
      return host;
    }
  };
  return {
    require: (id): unknown => {
      const loaded: unknown = pick(id)(id);
      return loaded;
    },
    resolve: (id) => pick(id).resolve(id),
  };
}

/** Laf's functions use `ObjectId` without an import; it is loaded when the first one does. */
function provideObjectId(host: NodeJS.Require): void {
  Object.defineProperty(globalThis, 'ObjectId', {
    configurable: true,
    get: (): unknown => {
      const bson: unknown = host('bson');
      const value: unknown = Reflect.get(Object(bson), 'ObjectId');
      Object.defineProperty(globalThis, 'ObjectId', { value, writable: true, configurable: true });
      return value;
    },
    set: (value: unknown) => {
      Object.defineProperty(globalThis, 'ObjectId', { value, writable: true, configurable: true });
    },
  });
}

function provideSdk(sdk: unknown): void {
  provideModule(isSdk, sdk);
  // The real @lafjs/cloud, when a package brings it, asks this for its implementation.
  Reflect.set(globalThis, 'createCloudSdk', () => Reflect.get(Object(sdk), 'default'));
}
