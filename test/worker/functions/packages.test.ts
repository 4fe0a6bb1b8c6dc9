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

/** A package of these files, besides its package.json. */
async function addFiles(name: string, manifest: object, files: Readonly<Record<string, string>>): Promise<void> {
  const dir = join(app, 'node_modules', name);
  await mkdir(join(dir, 'parts'), { recursive: true });
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
}

async function addEsPackages(): Promise<void> {
  await addFiles('es', { type: 'module', exports: './index.js' }, { 'index.js': "export default 'es'; export const kind = 'module';" });
  const importOnly = {
    '.': { types: './x.d.ts', import: './index.mjs' },
    './parts/*': { import: './parts/*.mjs' },
    './parts/secret': null,
  };
  await addFiles(
    'import-only',
    { exports: importOnly },
    { 'index.mjs': "export const kind = 'import only';", 'parts/one.mjs': 'export default 1;', 'parts/secret.mjs': 'export default 2;' },
  );
  await addFiles('@scope/nested', { exports: { node: { import: ['./index.mjs'] } } }, { 'index.mjs': "export default 'nested';" });
  await addFiles(
    'slow',
    { type: 'module', main: 'index.js' },
    { 'index.js': "export const kind = await Promise.resolve('slow'); export default () => kind;" },
  );
  await addFiles(
    'slow-only',
    { exports: { import: './index.mjs' } },
    { 'index.mjs': "export const kind = await Promise.resolve('slow only');" },
  );
  await addFiles(
    'slow-broken',
    { type: 'module', main: 'index.js' },
    { 'index.js': "await Promise.reject(new Error('slow and broken'));" },
  );
  await addFiles(
    'dual',
    { exports: { import: './index.mjs', require: './index.cjs' } },
    { 'index.mjs': "export const kind = 'import';", 'index.cjs': "exports.kind = 'require';" },
  );
  await addFiles('data', {}, { 'index.js': '', 'data.json': '{"value":7}' });
  await writeFile(join(app, 'beside.json'), '{"kind":"data"}');
  await writeFile(join(app, 'beside.mjs'), "export const value = await Promise.resolve('beside');");
}

beforeAll(async () => {
  children = await createChildren();
  app = join(children.dir, 'app');
  await addPackage('of-the-app', "module.exports = { name: 'of the app', sdk: require('@lafjs/cloud') };");
  await addPackage('ws', "module.exports = 'the ws of the app';");
  await addPackage('broken', "throw new Error('broken package');");
  await addPackage('of-two', "globalThis.order?.push('of-two begins'); require('./other.js'); globalThis.order?.push('of-two');");
  await writeFile(join(app, 'node_modules/of-two/other.js'), "globalThis.order?.push('other');");
  await addEsPackages();
});

afterAll(() => children.close());

/** What an expression over `packages` and `sdk` answers, in a process of its own. */
async function evaluate(expression: string): Promise<unknown> {
  const { messages, stderr } = await children.run(`
    import { createPackages } from 'runtime/worker/functions/packages.ts';
    const sdk = { default: 'the cloud' };
    const app = ${JSON.stringify(app)};
    const packages = createPackages(app, sdk, () => {});
    const load = packages.importer(app + '/lib/hello.ts');
    const fails = (use) => { try { return use(); } catch (error) { return error.code ?? error.message.split('\\n')[0]; } };
    const whenLoaded = async (use) => {
      try { return use(); } catch (error) { if (!error.loaded) throw error; await error.loaded; return whenLoaded(use); }
    };
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

  it('finds a package that is installed after it was missed, by every kind of import', async () => {
    const expression = `await (async () => {
      const { mkdirSync, writeFileSync } = await import('node:fs');
      const ids = ['late-cjs', 'late-es', '@late/scoped/part'];
      const uses = [(id) => packages.require(id), (id) => packages.importNow(id), (id) => load(id), (id) => packages.resolveImport(id)];
      const attempt = () => Promise.all(uses.flatMap((use) => ids.map(async (id) => { try { await use(id); return 'ok'; } catch (error) { return error.code; } })));
      const before = await attempt();
      const add = (name, manifest, file, text) => {
        mkdirSync(app + '/node_modules/' + name, { recursive: true });
        writeFileSync(app + '/node_modules/' + name + '/package.json', JSON.stringify({ name, ...manifest }));
        writeFileSync(app + '/node_modules/' + name + '/' + file, text);
      };
      add('late-cjs', { main: 'main.js' }, 'main.js', 'module.exports = 1;');
      add('late-es', { type: 'module', exports: './main.js' }, 'main.js', 'export default 1;');
      add('@late/scoped', { exports: { './part': './part.cjs' } }, 'part.cjs', '');
      return [...new Set(before), ...new Set(await attempt())];
    })()`;
    expect(await evaluate(expression)).toEqual(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ok']);
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

describe('importNow()', () => {
  it('takes ES modules as it takes CommonJS, and those that only offer themselves to import', async () => {
    const expression = `[
      packages.importNow('of-the-app').name,
      packages.importNow('es').default,
      packages.importNow('import-only').kind,
      packages.importNow('import-only/parts/one').default,
      packages.importNow('@scope/nested').default,
      packages.importNow('dual').kind,
      packages.importNow('data/data.json').value,
      packages.importNow('node:path') === packages.importNow('path'),
      typeof packages.importNow('axios').get,
    ]`;
    expect(await evaluate(expression)).toEqual(['of the app', 'es', 'import only', 1, 'nested', 'require', 7, true, 'function']);
  });

  it('throws what can be waited for while a module with top-level await loads, then returns it as require() would', async () => {
    const expression = `[
      fails(() => packages.importNow('slow')),
      await whenLoaded(() => packages.importNow('slow').kind),
      packages.importNow('slow').default(),
      packages.importNow('slow').__esModule,
      Object.keys(packages.importNow('slow')).toSorted(),
      packages.importNow('slow') === packages.importNow('slow'),
      await whenLoaded(() => packages.importNow('slow-only').kind),
      (await import(new URL('file://' + app + '/node_modules/slow/index.js'))).default === packages.importNow('slow').default,
    ]`;
    expect(await evaluate(expression)).toEqual(['PACKAGE_LOADING', 'slow', 'slow', true, ['default', 'kind'], true, 'slow only', true]);
  });

  it('throws what such a module throws, each time', async () => {
    const expression = `[await 1, ...(await Promise.all([1, 2].map(() => whenLoaded(() => packages.importNow('slow-broken')).catch((error) => error.message))))]`;
    expect(await evaluate(expression)).toEqual([1, 'slow and broken', 'slow and broken']);
  });

  it.each([
    ['import-only/parts/secret', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
    ['import-only/other', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
    ['nobody-has-this', 'MODULE_NOT_FOUND'],
    ['es/index.js', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
  ])('throws Node’s own error for %s', async (id, code) => {
    expect(await evaluate(`[fails(() => packages.importNow('${id}')), fails(() => packages.require('${id}'))]`)).toEqual([code, code]);
  });
});

describe('require()', () => {
  it('throws Node’s own error for what only import may load', async () => {
    const expression = "['import-only', 'slow', 'es/other', 'import-only/parts/one'].map((id) => fails(() => packages.require(id)))";
    expect(await evaluate(expression)).toEqual([
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
      'ERR_REQUIRE_ASYNC_MODULE',
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    ]);
  });

  it('of createRequire() finds from the URL of a function what its require() does, as long as it is served', async () => {
    const expression = `await import('node:module').then(({ createRequire }) => {
      const end = packages.serve(app + '/lib/hello.ts', (id) => (id.startsWith('@/') || id.startsWith('./') ? 'function ' + id : packages.require(id)));
      const require = createRequire(new URL('file://' + app + '/lib/hello.ts'));
      const ids = ['@/other', './other', '../beside.json', '../nowhere'];
      const found = [require('of-the-app').name, require('ws'), typeof require('axios').get, require('os').EOL, ...ids.map((id) => fails(() => require(id)))];
      const newest = packages.serve(app + '/lib/hello.ts', () => 'newest');
      found.push(require('@/other'), newest(), require('@/other'), end(), fails(() => require('@/other')));
      return found;
    })`;
    const found = [
      'of the app',
      'the ws of the app',
      'function',
      '\n',
      'function @/other',
      'function ./other',
      { kind: 'data' },
      'MODULE_NOT_FOUND',
    ];
    expect(await evaluate(expression)).toEqual([...found, 'newest', null, 'function @/other', null, 'MODULE_NOT_FOUND']);
  });
});

describe('import()', () => {
  it('is Node’s: import conditions, top-level await, URLs, attributes, built-in modules', async () => {
    const expression = `await Promise.all([
      load('dual').then((it) => it.kind),
      load('slow').then((it) => it.default()),
      load('import-only/parts/one').then((it) => it.default),
      load('file://' + app + '/beside.mjs').then((it) => it.value),
      load(String(new URL('./beside.mjs', 'file://' + app + '/x.ts'))).then((it) => it.value),
      load('data:text/javascript,export const x = await Promise.resolve(4)').then((it) => it.x),
      load('data/data.json', { with: { type: 'json' } }).then((it) => it.default.value),
      load('node:os').then((it) => it.EOL),
      load('of-the-app').then((it) => it.default.name),
      load('axios').then((it) => typeof it.default.get),
    ])`;
    const expected = ['import', 'slow', 1, 'beside', 'beside', 4, 7, '\n', 'of the app', 'function'];
    expect(await evaluate(expression)).toEqual(expected);
  });

  it('rejects with Node’s own errors', async () => {
    const ids = ['es/other', 'nobody-has-this', 'file:///nowhere.mjs', 'http://127.0.0.1/x.js', 'slow-broken', 'data/data.json'];
    const expression = `await Promise.all(${JSON.stringify(ids)}.map((id) => load(id).catch((error) => error.code ?? error.message)))`;
    const attribute = expect.stringMatching(/^ERR_IMPORT_A(?:TTRIBUTE|SSERTION)(?:_TYPE)?_MISSING$/);
    const notFound = 'ERR_MODULE_NOT_FOUND';
    const expected = ['ERR_PACKAGE_PATH_NOT_EXPORTED', notFound, notFound, 'ERR_UNSUPPORTED_ESM_URL_SCHEME', 'slow and broken', attribute];
    expect(await evaluate(expression)).toEqual(expected);
  });
});

describe('resolveImport()', () => {
  it('answers the URL of what import() loads', async () => {
    const ids = ['dual', 'import-only/parts/one', 'of-the-app', '@scope/nested', 'fs', 'node:fs', 'data:text/javascript,1'];
    const found = await evaluate(`${JSON.stringify(ids)}.map((id) => packages.resolveImport(id))`);
    const modules = `file://${app}/node_modules`;
    expect(found).toEqual([
      `${modules}/dual/index.mjs`,
      `${modules}/import-only/parts/one.mjs`,
      `${modules}/of-the-app/index.js`,
      `${modules}/@scope/nested/index.mjs`,
      'node:fs',
      'node:fs',
      'data:text/javascript,1',
    ]);
    const missing = "['es/other', 'nobody-has-this'].map((id) => fails(() => packages.resolveImport(id)))";
    expect(await evaluate(missing)).toEqual(['ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_MODULE_NOT_FOUND']);
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
