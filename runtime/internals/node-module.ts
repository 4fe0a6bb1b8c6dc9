import Module from 'node:module';

/** Calls `before` before each CommonJS file is evaluated. There is no public hook. */
export function beforeEachFile(before: () => void): void {
  const extensions: unknown = Reflect.get(Module, '_extensions');
  const load: unknown = Reflect.get(Object(extensions), '.js');
  if (typeof load !== 'function') return;
  Reflect.set(Object(extensions), '.js', function loadFile(this: unknown, ...args: unknown[]): unknown {
    before();
    const loaded: unknown = Reflect.apply(load, this, args);
    return loaded;
  });
}

/** Makes `require()` return `provided` for every request that `matches`. There is no public hook for CommonJS before Node 22.15. */
export function provideModule(matches: (request: string) => boolean, provided: unknown): void {
  const load: unknown = Reflect.get(Module, '_load');
  if (typeof load !== 'function') return;
  Reflect.set(Module, '_load', function loadModule(this: unknown, request: string, ...rest: unknown[]): unknown {
    if (matches(request)) return provided;
    const loaded: unknown = Reflect.apply(load, this, [request, ...rest]);
    return loaded;
  });
}
