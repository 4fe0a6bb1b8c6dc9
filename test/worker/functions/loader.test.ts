import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PendingImport, whenLoaded } from '../../../runtime/kernel/functions/pending-import.ts';
import { createFunctionHost, type FunctionHost, thrownBy } from './host.ts';

let host: FunctionHost;

beforeAll(() => {
  host = createFunctionHost();
});

afterAll(() => host.close());

/** What the handler of a function with this source answers. */
async function run(source: string, name = 'probe'): Promise<unknown> {
  await host.publish({ [name]: source });
  return host.call(name).answer;
}

describe('createLoader()', () => {
  it.each([
    ['export default', 'export default () => 1;'],
    ['export function main', 'export function main() { return 1; }'],
    ['exports.main', 'exports.main = () => 1;'],
    ['exports.default', 'exports.default = () => 1;'],
    ['module.exports', 'module.exports = () => 1;'],
    ['module.exports = { main }', 'module.exports = { main: () => 1 };'],
    ['export const handler', 'export const handler = () => 1;'],
    ['exports.main beside export', 'export const other = 2; exports.main = () => 1;'],
    ['exports.main beside import', "import cloud from '@lafjs/cloud'; exports.main = () => cloud ? 1 : 1;"],
  ])('finds the handler in %s', async (_, source) => {
    expect(await run(source)).toBe(1);
  });

  it('merges exports.x into what the file exports, without replacing any of it', async () => {
    await host.publish({ probe: "export const a = 'export'; exports.a = 'exports'; exports.b = 'exports'; export default () => 1;" });
    expect([host.exports('probe').a, host.exports('probe').b, typeof host.exports('probe').default]).toEqual([
      'export',
      'exports',
      'function',
    ]);
  });

  it('leaves module.exports as it was set, without what exports had', async () => {
    await host.publish({ probe: 'exports.a = 1; module.exports = { main: () => 1 };' });
    expect(Object.keys(host.exports('probe'))).toEqual(['main']);
  });

  it('shares builtin classes with the host, so that instanceof holds', async () => {
    const answer = await run('export default () => [new Error("x"), [], new Map(), Promise.resolve(), new Date(), Buffer.from("x")];');
    if (!Array.isArray(answer)) throw new Error('not an array');
    expect([Error, Array, Map, Promise, Date, Buffer].map((type, at) => answer[at] instanceof type)).toEqual(Array(6).fill(true));
  });

  it('gives functions the globals of Node', async () => {
    const names = ['fetch', 'URL', 'TextEncoder', 'AbortController', 'structuredClone', 'crypto', 'performance', 'queueMicrotask', 'atob'];
    expect(await run(`export default () => [${names.map((name) => `typeof ${name}`).join()}];`)).not.toContain('undefined');
  });

  it('gives the wrapper parameters of a CommonJS module', async () => {
    const source =
      'export default () => [__filename, __dirname, module.id, module.filename, module.loaded, typeof require.resolve, require.main];';
    expect(await run(source, 'lib/probe')).toEqual(['/lib/probe.ts', '/lib', 'lib/probe.ts', 'lib/probe.ts', true, 'function', undefined]);
    expect(await run('export default () => [__filename, __dirname];', 'top')).toEqual(['/top.ts', '/']);
  });

  it('module.loaded is false while the code runs, and `this` is exports', async () => {
    expect(await run('const early = [module.loaded, this === exports]; exports.main = () => early;')).toEqual([false, true]);
  });

  it('gives a console of its own, and the process that Node has', async () => {
    expect(await run('console.log("said"); export default () => [process.pid, process === globalThis.process];')).toEqual([
      process.pid,
      true,
    ]);
    expect(host.lines.at(-1)).toEqual({ function: 'probe', level: 'info', message: 'said' });
  });

  it('keeps variables of one function from another', async () => {
    await host.publish({ one: 'var leaked = 1; function alsoLeaked() {} export default () => leaked;' });
    expect(await run('export default () => [typeof leaked, typeof alsoLeaked];')).toEqual(['undefined', 'undefined']);
    expect('leaked' in globalThis).toBe(false);
  });
});

describe('names at the top level', () => {
  const given = ['require', 'module', 'exports', '__filename', '__dirname', 'console', 'process', 'setTimeout', 'clearInterval'];
  const global = ['fetch', 'Buffer', 'global', 'globalThis', 'cloud', 'URL', 'ObjectId', 'performance', 'structuredClone'];

  it.each([...given, ...global])('%s can be declared as const, let, class or function in a module', async (name) => {
    for (const declaration of [`const ${name} = 7;`, `let ${name} = 7;`, `class ${name} {}`, `function ${name}() {}`, `var ${name} = 7;`]) {
      const expected = declaration.includes('7') ? 'number' : 'function';
      expect([declaration, await run(`${declaration}\nexport default () => typeof ${name};`)]).toEqual([declaration, expected]);
    }
  });

  it.each([...given.filter((name) => name !== 'exports'), ...global])('%s can be declared in a script', async (name) => {
    for (const declaration of [`const ${name} = 7;`, `let ${name} = 7;`, `class ${name} {}`, `function ${name}() {}`]) {
      const expected = declaration.includes('7') ? 'number' : 'function';
      expect([declaration, await run(`${declaration}\nexports.main = () => typeof ${name};`)]).toEqual([declaration, expected]);
    }
  });

  it.each([
    ["import process, { y as console } from './names';", '[process, console]', [9, 2]],
    ["import { x as setTimeout, y as require } from './names';", '[setTimeout, require]', [1, 2]],
    ["import * as module from './names';", 'module.x', 1],
    ['const { x: setTimeout, y: [process] = [3] } = { x: 1 } as any;', '[setTimeout, process]', [1, 3]],
    ["const process = require('process'); const console = { log: () => 'own' };", '[process, console.log()]', ['package process', 'own']],
  ])('an import or a pattern may bind them: %s', async (declaration, expression, expected) => {
    await host.publish({ names: 'export const x = 1, y = 2; export default 9;' });
    expect(await run(`${declaration}\nexport default () => ${expression};`)).toEqual(expected);
  });

  it('lines and columns of errors stay right where one is declared', async () => {
    await host.publish({ probe: "const process = 1, setTimeout = 2;\n\nexport default () => {\n  throw new Error('here');\n};" });
    const thrown = thrownBy(() => host.call('probe').answer);
    expect(host.positions.first(String(Object(thrown).stack))).toEqual({ function: 'probe', line: 4, column: 9 });
  });

  it('a name declared twice by the author is refused, and so is a syntax error that its code throws', async () => {
    await host.publish({ probe: "exports.main = () => (0, eval)('const twice = 1; const twice = 2;');" });
    expect(thrownBy(() => host.call('probe').answer)).toBeInstanceOf(SyntaxError);
    const once = "globalThis.hearthTestRuns = (globalThis.hearthTestRuns ?? 0) + 1; new Function('const process = 1; let process;')();";
    await expect(host.publish({ probe: once })).rejects.toThrow(SyntaxError);
    expect(Reflect.get(globalThis, 'hearthTestRuns')).toBe(1);
    Reflect.deleteProperty(globalThis, 'hearthTestRuns');
  });
});

describe('import.meta', () => {
  it('is that of a file in the folder of the app’s packages', async () => {
    const source = 'export default () => [import.meta.url, import.meta.filename, import.meta.dirname];';
    expect(await run(source, 'lib/probe')).toEqual(['file:///packages/lib/probe.ts', '/packages/lib/probe.ts', '/packages/lib']);
    expect(await run(source, 'top')).toEqual(['file:///packages/top.ts', '/packages/top.ts', '/packages']);
  });

  it('resolve() leads to files, functions and packages', async () => {
    const source = `const ids = ['./a', '../b.json', '@/lib/c', 'lodash', 'node:fs', 'fs', 'data:text/javascript,1', 'https://example.com/x'];
      export default () => ids.map((id) => import.meta.resolve(id));`;
    expect(await run(source, 'lib/probe')).toEqual([
      'file:///packages/lib/a',
      'file:///packages/b.json',
      'file:///packages/lib/c',
      'file:///packages/lodash.js',
      'file:///packages/node:fs.js',
      'file:///packages/fs.js',
      'file:///packages/data:text/javascript,1.js',
      'file:///packages/https://example.com/x.js',
    ]);
  });

  it('serves createRequire(), new URL() and fileURLToPath()', async () => {
    const source = `const { createRequire } = process.getBuiltinModule('node:module'); const { fileURLToPath } = process.getBuiltinModule('node:url');
      const require = createRequire(import.meta.url);
      const __filename = fileURLToPath(import.meta.url);
      export default () => [require('node:os').EOL, new URL('./x.txt', import.meta.url).pathname, __filename];`;
    expect(await run(source)).toEqual(['\n', '/packages/x.txt', '/packages/probe.ts']);
  });
});

describe('import()', () => {
  it.each([
    ["import('@/lib')", 5],
    ["import('./lib.ts')", 5],
    ['import(`./${"l"}ib`)', 5],
    ["import(new URL('./lib', import.meta.url))", 5],
    ['import(import.meta.resolve("./lib.ts"))', 5],
    ["import('@lafjs/cloud').then((sdk) => ({ value: sdk.cloud }))", 'the cloud'],
    ["import('hearth').then((sdk) => ({ value: sdk.default.cloud }))", 'the cloud'],
  ])('%s reaches functions and what the host provides', async (expression, expected) => {
    await host.publish({ lib: 'export const value = 5;' });
    expect(await run(`export default async () => (await ${expression}).value;`)).toBe(expected);
  });

  it('gives what is exported in CommonJS by name and as the default, and the same namespace each time', async () => {
    await host.publish({ lib: 'module.exports = Object.assign(() => 1, { value: 5 });' });
    const source = `export default async () => { const [a, b] = await Promise.all([import('./lib'), import('@/lib')]); return [a === b, a.value, a.default()]; };`;
    expect(await run(source)).toEqual([true, 5, 1]);
  });

  it('rejects with the position of the import', async () => {
    await host.publish({ probe: "const later = 1;\nexport default async () => {\n  return [later, await import('@/nobody')];\n};" });
    const thrown: unknown = await Promise.resolve(host.call('probe').answer).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'FUNCTION_MISSING' });
    expect(host.positions.first(String(Object(thrown).stack))).toEqual({ function: 'probe', line: 3, column: 24 });
  });

  it('rejects for what is not there, does not load or is no specifier, and never throws', async () => {
    await host.publish({ lib: 'exports.main = () => 1;' });
    const source = `export default () => Promise.allSettled([import('@/nobody'), import(Symbol('x') as any), import('./broken')]).then((all) => all.map((one: any) => one.reason?.code ?? one.reason?.name));`;
    expect(await run(source)).toEqual(['FUNCTION_MISSING', 'TypeError', 'FUNCTION_MISSING']);
  });
});

describe('a package that loads asynchronously', () => {
  /** Makes the import of `slow` wait until the returned function is called. */
  function slowPackage(): (exports: object) => void {
    const { packages } = host;
    const { importNow } = packages;
    onTestFinished(() => {
      packages.importNow = importNow;
    });
    let exports: object | undefined;
    let finish = (): void => {};
    const loaded = new Promise<void>((resolve) => (finish = resolve));
    packages.importNow = (id) => {
      if (exports) return exports;
      throw new PendingImport(id, loaded);
    };
    return (loadedExports) => {
      exports = loadedExports;
      finish();
    };
  }

  it('is waited for by the call that evaluates the function, also through another function', async () => {
    const done = slowPackage();
    const functions = await host.build({
      slow: "import { value } from 'slow-package'; export default () => value; export { value };",
      user: "import { value } from './slow'; export default (n: number) => value + n;",
    });
    host.registry.install({ functions, deleted: [] });
    const calls = [host.call('user', 1).answer, host.call('user', 2).answer, host.call('slow').answer];
    done({ value: 5 });
    expect(await Promise.all(calls)).toEqual([6, 7, 5]);
    expect(host.call('user', 3).answer).toBe(8);
  });

  it('is waited for by the import() of a function that imports it', async () => {
    const done = slowPackage();
    const functions = await host.build({
      slow: "import { value } from 'slow-package'; export { value };",
      user: "export default async () => (await import('./slow')).value;",
    });
    host.registry.install({ functions, deleted: [] });
    const { answer } = host.call('user');
    done({ value: 5 });
    expect(await answer).toBe(5);
  });

  it('is waited for by whoever stages it, and fails the call when it does not load', async () => {
    const done = slowPackage();
    const change = {
      functions: await host.build({ slow: "import { value } from 'slow-package'; export default () => value;" }),
      deleted: [],
    };
    const staging = whenLoaded(() => host.registry.stage(change));
    done({ value: 6 });
    const stage = await staging;
    host.registry.activate(stage, new Map([['slow', 1]]));
    expect(host.call('slow').answer).toBe(6);
    host.packages.importNow = (id) => {
      throw new PendingImport(id, Promise.reject(new Error('does not load')));
    };
    host.registry.install(change);
    await expect(host.call('slow').answer).rejects.toThrow('does not load');
  });
});

describe('require()', () => {
  it.each(['@lafjs/cloud', '@/cloud-sdk', 'hearth'])('answers the SDK for %s', async (id) => {
    await host.publish({ probe: `exports.sdk = require('${id}'); exports.main = () => 1;` });
    expect(host.exports('probe').sdk).toBe(host.sdk);
  });

  it('answers the one exports object of another function, by any of its specifiers', async () => {
    await host.publish({
      'lib/dates': 'export const today = () => "monday"; export default today;',
      'lib/probe': `import a, { today } from '@/lib/dates'; import * as b from './dates'; const c = require('../lib/dates.ts');
        export default () => [a(), today(), b.today === today, c.today === today];`,
    });
    expect(host.call('lib/probe').answer).toEqual(['monday', 'monday', true, true]);
  });

  it('answers packages for everything else', async () => {
    expect(await run("import * as fs from 'node:fs'; exports.main = () => [fs.default, require.resolve('lodash')];")).toEqual([
      'package node:fs',
      '/packages/lodash.js',
    ]);
  });

  it('serves import() too', async () => {
    await host.publish({ lib: 'export const value = 5;' });
    expect(await run("export default async () => (await import('@/lib')).value;")).toBe(5);
  });

  it('throws a TypeError for what is no string, and FUNCTION_MISSING for an unknown function', async () => {
    await host.publish({ probe: 'exports.main = (id) => require(id);' });
    for (const id of [5, undefined, {}, null])
      expect(thrownBy(() => host.call('probe', id).answer)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    expect(thrownBy(() => host.call('probe', '@/nobody').answer)).toMatchObject({ code: 'FUNCTION_MISSING', details: { name: 'nobody' } });
  });
});

describe('dispose()', () => {
  it('comes with a publish and ends the interval of the module before', async () => {
    const ticks: string[] = [];
    Reflect.set(globalThis, 'hearthTestTick', (name: string) => ticks.push(name));
    await host.publish({ ticker: 'setInterval(() => hearthTestTick("old"), 1); export default () => 1;' });
    await expect.poll(() => ticks.length).toBeGreaterThan(2);
    await host.publish({ ticker: 'setInterval(() => hearthTestTick("new"), 1); export default () => 1;' });
    ticks.length = 0;
    await expect.poll(() => ticks.length).toBeGreaterThan(5);
    host.registry.install({ functions: [], deleted: ['ticker'] });
    Reflect.deleteProperty(globalThis, 'hearthTestTick');
    expect(ticks).not.toContain('old');
  });
});
