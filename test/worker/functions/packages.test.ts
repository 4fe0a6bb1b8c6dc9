import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;
let app: string;

async function addPackage(name: string, code: string): Promise<void> {
  const dir = join(app, 'node_modules', name);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
  await writeFile(join(dir, 'index.js'), code);
}

beforeAll(async () => {
  children = await createChildren();
  app = join(children.dir, 'app');
  await addPackage('of-the-app', "module.exports = { name: 'of the app', sdk: require('@lafjs/cloud') };");
  await addPackage('ws', "module.exports = 'the ws of the app';");
  await addPackage('broken', "throw new Error('broken package');");
  await addPackage('of-two', "globalThis.order?.push('of-two begins'); require('./other.js'); globalThis.order?.push('of-two');");
  await writeFile(join(app, 'node_modules/of-two/other.js'), "globalThis.order?.push('other');");
});

afterAll(() => children.close());

/** What an expression over `packages` and `sdk` answers, in a process of its own. */
async function evaluate(expression: string): Promise<unknown> {
  const { messages, stderr } = await children.run(`
    import { createPackages } from 'runtime/worker/functions/packages.ts';
    const sdk = { default: 'the cloud' };
    const packages = createPackages(${JSON.stringify(app)}, sdk, () => {});
    let answer;
    try { answer = ${expression}; } catch (error) { answer = { code: error.code, message: error.message }; }
    process.send(answer, () => process.disconnect());
  `);
  expect(stderr).toBe('');
  return messages[0];
}

describe('createPackages()', () => {
  it('finds the app’s packages first, then those that come with the host, and Node’s', async () => {
    const expression = `[
      packages.require('of-the-app').name,
      packages.require('ws'),
      typeof packages.require('jsonwebtoken').sign,
      typeof packages.require('fs').readFileSync,
      packages.require('fs') === packages.require('node:fs'),
    ]`;
    expect(await evaluate(expression)).toEqual(['of the app', 'the ws of the app', 'function', 'function', true]);
  });

  it('resolve() answers where a package is', async () => {
    expect(await evaluate("[packages.resolve('of-the-app'), packages.resolve('fs')]")).toEqual([
      join(app, 'node_modules/of-the-app/index.js'),
      'fs',
    ]);
  });

  it('gives the SDK under its names to packages that require it, and to the real SDK package its implementation', async () => {
    const expression = `[
      packages.require('of-the-app').sdk === sdk,
      ...['@lafjs/cloud', 'hearth', '@/cloud-sdk'].map((id) => packages.require(id) === sdk),
      globalThis.createCloudSdk(),
    ]`;
    expect(await evaluate(expression)).toEqual([true, true, true, true, 'the cloud']);
  });

  it('throws what Node throws for a package that nobody has', async () => {
    expect(await evaluate("packages.require('nobody-has-this')")).toMatchObject({ code: 'MODULE_NOT_FOUND' });
    expect(await evaluate("packages.resolve('nobody-has-this')")).toMatchObject({ code: 'MODULE_NOT_FOUND' });
  });

  it('throws what a package throws while it is loaded, and not that it is missing', async () => {
    expect(await evaluate("packages.require('broken')")).toEqual({ code: undefined, message: 'broken package' });
  });
});

describe('onLoad', () => {
  it('is called before each file of a package that is evaluated, and not for those that were', async () => {
    const { messages, stderr } = await children.run(`
      import { createPackages } from 'runtime/worker/functions/packages.ts';
      const order = (globalThis.order = []);
      const packages = createPackages(${JSON.stringify(app)}, {}, () => order.push('load'));
      const load = (id) => { try { packages.require(id); } catch (error) { order.push(error.message); } };
      for (const id of ['of-two', 'of-two', 'fs', 'hearth', 'broken', 'nobody-has-this']) { load(id); order.push(id + '!'); }
      packages.resolve('of-the-app');
      process.send(order.filter((line) => !line.startsWith('Cannot find')), () => process.disconnect());
    `);
    expect(stderr).toBe('');
    const ofTwo = ['load', 'of-two begins', 'load', 'other', 'of-two', 'of-two!', 'of-two!'];
    expect(messages[0]).toEqual([...ofTwo, 'fs!', 'hearth!', 'load', 'broken package', 'broken!', 'nobody-has-this!']);
  });
});
