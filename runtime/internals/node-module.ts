import Module, { syncBuiltinESMExports } from 'node:module';
import { compileFunction, constants } from 'node:vm';

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

/** Lets `redirect` choose what serves a request that a file makes; undefined leaves it to that file's own `require()`. */
export function redirectRequire(redirect: (request: string, from: string | undefined) => ((id: string) => unknown) | undefined): void {
  const load: unknown = Reflect.get(Module, '_load');
  if (typeof load !== 'function') return;
  Reflect.set(Module, '_load', function loadModule(this: unknown, request: string, parent: unknown, ...rest: unknown[]): unknown {
    const from: unknown = Reflect.get(Object(parent), 'filename');
    const other = redirect(request, typeof from === 'string' ? from : undefined);
    const loaded: unknown = other ? other(request) : Reflect.apply(load, this, [request, parent, ...rest]);
    return loaded;
  });
}

/** Lets `createRequire()` take what `map` makes a path of. Packages give it names of files that they find in stacks. */
export function mapRequirePath(map: (from: unknown) => unknown): void {
  const create: unknown = Reflect.get(Module, 'createRequire');
  if (typeof create !== 'function') return;
  Reflect.set(Module, 'createRequire', (from: unknown): unknown => Reflect.apply(create, Module, [map(from)]));
  syncBuiltinESMExports();
}

/** `import()` as a function. */
export type ImportCall = (specifier: string, options?: unknown) => Promise<unknown>;

/** Node's `import()` as a file of this name has it; the file need not be there. Node calls what this rests on experimental. */
export function createImport(filename: string): ImportCall {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  // V8 shows no position in line 0: that is how frames of this one are known for the host's own.
  const at = { filename, lineOffset: -1, importModuleDynamically };
  const load = compileFunction('return import(specifier, options)', ['specifier', 'options'], at);
  return (specifier, options): Promise<unknown> => Promise.resolve(Reflect.apply(load, undefined, [specifier, options]));
}
