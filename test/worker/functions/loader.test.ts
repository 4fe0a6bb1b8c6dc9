import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect(thrownBy(() => host.call('probe', 5).answer)).toBeInstanceOf(TypeError);
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
