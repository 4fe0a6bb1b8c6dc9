import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, TestHost } from './host.ts';

const secret = 'a-secret-of-sixteen-or-more';
let host: TestHost;
let count = 0;

beforeAll(async () => {
  host = await TestHost.start({ env: { SERVER_SECRET: secret, APP_ID: 'my-app', GREETING: 'from the environment' } });
});

afterAll(() => host[Symbol.asyncDispose]());

/** Publishes the source under a name of its own and calls it. */
async function ask(source: string, init: RequestInit = {}): Promise<Answer> {
  const name = `asked-${++count}`;
  await host.publish(name, source);
  return host.call(`/${name}`, init);
}

function post(body: unknown): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

describe('exports', () => {
  it.each([
    ['export default async function', 'export default async function (ctx: FunctionContext) { return { method: ctx.method }; }'],
    ['export async function main', 'export async function main(ctx: FunctionContext) { return { method: ctx.method }; }'],
    ['export const main', 'export const main = async (ctx) => ({ method: ctx.method });'],
    [
      'exports.main beside import',
      "import cloud from '@lafjs/cloud';\nimport * as crypto from 'crypto';\nexports.main = async function (ctx) { return { method: ctx.method, ok: cloud.appid === 'my-app' && typeof crypto.createHash === 'function' }; };",
    ],
    ['exports.main beside export', 'export const helper = 1;\nexports.main = async (ctx) => ({ method: ctx.method, helper });'],
    [
      'exports.main beside a type-only import',
      "import type { Cloud } from '@lafjs/cloud';\nexports.main = async (ctx) => ({ method: ctx.method });",
    ],
    ['exports.default', 'exports.default = async (ctx) => ({ method: ctx.method });'],
    [
      'exports.default beside import',
      "import cloud from '@/cloud-sdk';\nexports.default = async (ctx) => ({ method: ctx.method, app: cloud.appid });",
    ],
    ['module.exports = function', 'module.exports = async function (ctx) { return { method: ctx.method }; };'],
    ['module.exports = object', 'module.exports = { main: async (ctx) => ({ method: ctx.method }) };'],
    [
      'module.exports beside require',
      "const cloud = require('@lafjs/cloud');\nmodule.exports = async (ctx) => ({ method: ctx.method, app: cloud.appid });",
    ],
  ])('takes %s', async (_name, source) => {
    const { status, json } = await ask(source);
    expect(status).toBe(200);
    expect(json).toMatchObject({ method: 'GET' });
  });

  it('prefers the default export to main', async () => {
    expect((await ask('export default () => "default"; export const main = () => "main";')).text).toBe('default');
  });

  it('answers 500 for a module of helpers, which others can import', async () => {
    await host.publish('lib/numbers', 'export const double = (n: number) => n * 2;\nexports.triple = (n) => n * 3;');
    expect(await host.call('/lib/numbers')).toMatchObject({ status: 500, json: { error: 'Internal Server Error' } });
    expect((await ask("import { double, triple } from '@/lib/numbers'; export default () => double(4) + triple(4);")).text).toBe('20');
  });
});

describe('imports', () => {
  it.each(["'@/lib/shapes'", "'@/lib/shapes.ts'", "'@/lib/shapes.js'"])('reaches another function as %s', async (specifier) => {
    await host.publish('lib/shapes', 'export const made = {}; export default () => made;');
    const source = `import * as again from '@/lib/shapes';\nimport shapes, { made } from ${specifier};\nexport default () => shapes() === made && again.made === made;`;
    expect((await ask(source)).json).toBe(true);
  });

  it('resolves relative imports from the folder of the importer', async () => {
    await host.publish('pets/names', "export const names = ['Rex'];");
    await host.publish(
      'pets/in/cat',
      "import { names } from '../names.ts';\nimport { names as same } from './../names.js';\nexport default () => [names[0], names === same];",
    );
    await host.publish('pets/all', "import cat from './in/cat';\nexport default () => cat();");
    expect((await host.call('/pets/all')).json).toEqual(['Rex', true]);
  });

  it('require() takes a computed name', async () => {
    await host.publish('jobs/mail', 'export const main = async (n: number) => n + 1;');
    const source =
      'export default async (ctx) => { const x = ctx.query.x ?? "mail"; return { n: await require(`@/jobs/${x}`).main(1) }; };';
    expect((await ask(source)).json).toEqual({ n: 2 });
  });

  it('import() reaches functions and the modules of Node', async () => {
    await host.publish('lib/lazy', 'export const lazy = 7; export default () => lazy;');
    const source = `export default async () => {
      const fs = await import('node:fs');
      const name = '@/lib/lazy';
      const [literal, computed] = [await import('@/lib/lazy'), await import(name)];
      return { fs: typeof fs.readFileSync, def: typeof fs.default.readFileSync, lazy: literal.lazy, same: computed.default === literal.default };
    };`;
    expect((await ask(source)).json).toEqual({ fs: 'function', def: 'function', lazy: 7, same: true });
  });

  it('functions may import each other in a circle', async () => {
    const functions = [
      {
        name: 'ring/even',
        source:
          "import { odd } from './odd';\nexport const even = (n: number): boolean => n === 0 || odd(n - 1);\nexport default () => even(10);",
      },
      {
        name: 'ring/odd',
        source:
          "import { even } from './even';\nexport const odd = (n: number): boolean => n !== 0 && even(n - 1);\nexport default () => odd(10);",
      },
    ];
    expect((await host.api('POST', '/v1/publish', { functions })).status).toBe(200);
    expect((await host.call('/ring/even')).json).toBe(true);
    expect((await host.call('/ring/odd')).json).toBe(false);
  });

  it('compiles enums, decorators, type imports and generics', async () => {
    const source = `import type { FunctionSocket } from '@lafjs/cloud';
      import { type Cloud as Sdk } from '@lafjs/cloud';
      enum Color { Red, Green = 5, Blue }
      const enum Size { Small = 's' }
      const log: string[] = [];
      function traced(target: object, key: string, descriptor: PropertyDescriptor) { log.push(key); return descriptor; }
      class Shop { constructor(private readonly owner: string) {} @traced open<T extends Sdk | FunctionSocket>(x?: T) { return this.owner; } }
      export default () => ({ color: [Color.Blue, Color[5]], size: Size.Small, owner: new Shop('Ada').open(), log });`;
    expect((await ask(source)).json).toEqual({ color: [6, 'Green'], size: 's', owner: 'Ada', log: ['open'] });
  });

  it("finds the app's packages, which may require the SDK themselves", async () => {
    const folder = join(host.dataDir, 'packages', 'node_modules', 'laf-plugin');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "name": "laf-plugin", "version": "1.2.3", "main": "index.js" }');
    await writeFile(
      join(folder, 'index.js'),
      "const cloud = require('@lafjs/cloud');\nconst same = require('@lafjs/cloud').default;\nexports.appid = () => [cloud.appid, same.appid];\nexports.shared = same.shared;\nexports.List = Array;",
    );
    const source = `import cloud from '@lafjs/cloud';
      import plugin, { shared, List } from 'laf-plugin';
      export default () => ({ appid: plugin.appid(), same: shared === cloud.shared, list: [] instanceof List });`;
    expect((await ask(source)).json).toEqual({ appid: ['my-app', 'my-app'], same: true, list: true });
  });

  it('prefers the package of the app to the one that comes with the host', async () => {
    const folder = join(host.dataDir, 'packages', 'node_modules', 'xml2js');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.js'), "exports.whose = 'the app';");
    expect((await ask("import { whose } from 'xml2js'; export default () => whose;")).text).toBe('the app');
  });
});

describe('the SDK', () => {
  it.each([
    ["import cloud from '@lafjs/cloud'", 'cloud'],
    ["import cloud from '@/cloud-sdk'", 'cloud'],
    ["import cloud from 'hearth'", 'cloud'],
    ["import * as sdk from '@lafjs/cloud'", 'sdk.default'],
    ["import cloud, { Cloud } from '@lafjs/cloud'", 'new Cloud()'],
    ["import { Cloud } from '@lafjs/cloud'", 'new Cloud()'],
    ["const cloud = require('@lafjs/cloud')", 'cloud'],
    ["const sdk = require('@lafjs/cloud')", 'sdk.default'],
    ["const { default: cloud, Cloud } = require('@/cloud-sdk')", 'cloud'],
  ])('is there through %s as %s', async (statement, expression) => {
    const source = `${statement};\nexports.main = async () => {
      const given = ${expression};
      return { appid: given.appid, shared: given.shared instanceof Map, sockets: given.sockets instanceof Set, env: given.env.GREETING,
        calls: ['getToken', 'parseToken', 'invoke', 'fetch', 'database'].map((key) => typeof given[key]) };
    };`;
    const called = Array.from({ length: 5 }, () => 'function');
    expect((await ask(source)).json).toEqual({ appid: 'my-app', shared: true, sockets: true, env: 'from the environment', calls: called });
  });

  it('cloud.invoke() passes and answers the very objects', async () => {
    await host.publish(
      'invoked',
      'export default async (ctx) => { ctx.seen = ctx.method + ctx.requestId + ctx.__function_name; return ctx.body; };',
    );
    const source = `import cloud from '@lafjs/cloud';
      class Box { open = () => 1; }
      export default async () => { const body = new Box(); const ctx = { body }; const answer = await cloud.invoke('invoked', ctx); return { same: answer === body, seen: ctx.seen }; };`;
    expect((await ask(source)).json).toEqual({ same: true, seen: 'callinvokeinvoked' });
  });

  it('cloud.invoke() rejects with the very error, and with FUNCTION_MISSING or FUNCTION_NO_HANDLER', async () => {
    await host.publish('raises', 'export class Sad extends Error {}\nexport default async () => { throw new Sad("so sad"); };');
    await host.publish('helpers', 'export const one = 1;');
    const source = `import cloud from '@lafjs/cloud';
      import { Sad } from '@/raises';
      const code = (name) => cloud.invoke(name).then(() => 'answered', (error) => error.code);
      export default async () => ({ sad: await cloud.invoke('raises').catch((error) => error instanceof Sad && error.message), codes: [await code('no-such'), await code('helpers')] });`;
    expect((await ask(source)).json).toEqual({ sad: 'so sad', codes: ['FUNCTION_MISSING', 'FUNCTION_NO_HANDLER'] });
  });

  it('cloud.getToken() and parseToken() honour their secret; a bearer token becomes ctx.user and ctx.auth', async () => {
    const source = `import cloud from '@lafjs/cloud';
      export default async (ctx) => {
        const own = cloud.getToken({ uid: 7 }); const other = cloud.getToken({ uid: 8 }, 'another secret');
        return { own, parsed: [cloud.parseToken(own)?.uid, cloud.parseToken(other), cloud.parseToken(other, 'another secret')?.uid, cloud.parseToken('x'), cloud.parseToken(undefined)], user: ctx.user, auth: ctx.auth };
      };`;
    const first = await ask(source);
    expect(first.json).toMatchObject({ parsed: [7, null, 8, null, null], user: null, auth: null });
    const again = await host.call(`/asked-${count}`, { headers: { authorization: `Bearer ${first.json.own}` } });
    expect(again.json).toMatchObject({ user: { uid: 7 }, auth: { uid: 7 } });
  });

  it('says what to do where a database or file storage is used', async () => {
    const source = `import cloud from '@lafjs/cloud';
      const code = (use) => { try { use(); } catch (error) { return error.code; } };
      export default () => [code(() => cloud.database()), code(() => cloud.mongo.db), code(() => cloud.storage.bucket('x'))];`;
    expect((await ask(source)).json).toEqual(['DATABASE_UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'STORAGE_UNAVAILABLE']);
  });

  it('ObjectId is there without an import', async () => {
    const source =
      'export default () => { const id = new ObjectId(); return { text: id.toString(), same: new ObjectId(id.toString()).equals(id), valid: ObjectId.isValid("x") }; };';
    expect((await ask(source)).json).toEqual({ text: expect.stringMatching(/^[0-9a-f]{24}$/), same: true, valid: false });
  });
});

describe('cloud.fetch', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.statusCode = request.url === '/teapot' ? 418 : 200;
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            method: request.method,
            url: request.url,
            body: Buffer.concat(chunks).toString(),
            type: request.headers['content-type'],
          }),
        );
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is axios: callable, with get() and post(), data, params and responseType', async () => {
    const source = `import cloud from '@lafjs/cloud';
      export default async (ctx) => {
        const { url } = ctx.body;
        const called = await cloud.fetch({ url: url + '/called', method: 'put', data: { a: 1 } });
        const got = await cloud.fetch.get(url + '/got', { params: { b: 2 } });
        const posted = await cloud.fetch.post(url + '/posted', { c: 3 });
        const bytes = await cloud.fetch(url, { responseType: 'arraybuffer' });
        const refused = await cloud.fetch.get(url + '/teapot').catch((error) => ({ status: error.response.status, message: error.message }));
        return { called: called.data, status: got.status, got: got.data.url, posted: posted.data.body, bytes: Buffer.isBuffer(bytes.data), refused };
      };`;
    expect((await ask(source, post({ url }))).json).toEqual({
      called: { method: 'PUT', url: '/called', body: '{"a":1}', type: 'application/json' },
      status: 200,
      got: '/got?b=2',
      posted: '{"c":3}',
      bytes: true,
      refused: { status: 418, message: 'Request failed with status code 418' },
    });
  });
});

describe('globals', () => {
  it('a function sees every global of Node', async () => {
    const inHost: string[] = Object.getOwnPropertyNames(globalThis).filter((name) => !name.startsWith('__'));
    const named = [
      'TextEncoder',
      'TextDecoder',
      'structuredClone',
      'WebSocket',
      'FormData',
      'Blob',
      'crypto',
      'performance',
      'URLSearchParams',
    ];
    const more = [
      'AbortController',
      'fetch',
      'Headers',
      'Request',
      'Response',
      'ReadableStream',
      'queueMicrotask',
      'Buffer',
      'setImmediate',
      'process',
    ];
    const source =
      'export default (ctx) => ctx.body.filter((name) => { try { return typeof (0, eval)(name) === "undefined"; } catch { return true; } });';
    const missing: unknown = (await ask(source, post([...named, ...more]))).json;
    expect(missing).toEqual([]);
    // The runner of the tests adds globals of its own, so only what a plain Node has is compared.
    const plain = inHost.filter((name) => /^[A-Z]/.test(name) && !/^(?:VITE|VITEST)/i.test(name));
    expect((await ask(source, post(plain))).json).toEqual([]);
  });

  it('instanceof holds across modules, packages and bodies', async () => {
    await host.publish(
      'lib/makes',
      'export const error = new TypeError("x"); export const list = [1]; export const promise = Promise.resolve(); export const bytes = new Uint8Array(1);',
    );
    const source = `import { error, list, promise, bytes } from '@/lib/makes';
      import { readFileSync } from 'node:fs';
      import { types } from 'node:util';
      const failed = () => { try { readFileSync('/no/such'); } catch (thrown) { return thrown; } };
      export default async (ctx) => [error instanceof TypeError, error instanceof Error, list instanceof Array, promise instanceof Promise, bytes instanceof Uint8Array,
        failed() instanceof Error, ctx.body instanceof Object, ctx.body.list instanceof Array, Buffer.from('x') instanceof Uint8Array, types.isNativeError(error), (async () => {})() instanceof Promise, JSON.parse('{}') instanceof Object];`;
    expect((await ask(source, post({ list: [] }))).json).toEqual(Array.from({ length: 12 }, () => true));
  });
});
