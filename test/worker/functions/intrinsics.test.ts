import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

/** What an expression answers, or the name of what it throws, once objects are guarded. */
async function guarded(expression: string): Promise<unknown> {
  const { messages, stderr } = await children.run(`
    import { guardIntrinsics } from 'runtime/worker/functions/intrinsics.ts';
    const sloppy = (code) => new Function(code)();
    guardIntrinsics();
    let answer;
    try { answer = ${expression}; } catch (error) { answer = error.name; }
    process.send({ answer, leaked: {}.admin !== undefined, keys: (() => { const keys = []; for (const key in {}) keys.push(key); return keys; })() });
    process.disconnect();
  `);
  expect(stderr).toBe('');
  return messages[0];
}

const clean = { leaked: false, keys: [] };

it.each([
  ['an assignment', '(() => { Object.prototype.admin = true; })()'],
  ['Object.defineProperty()', "Object.defineProperty(Object.prototype, 'admin', { value: true })"],
  ['Object.assign()', 'Object.assign(Object.prototype, { admin: true })'],
  [
    'a careless merge',
    `(() => {
      const merge = (target, from) => { for (const key of Object.keys(from)) typeof from[key] === 'object' ? merge(target[key], from[key]) : (target[key] = from[key]); };
      merge({}, JSON.parse('{"__proto__": {"admin": true}}'));
    })()`,
  ],
])('guardIntrinsics() makes %s to what all objects inherit throw', async (_, expression) => {
  expect(await guarded(expression)).toEqual({ answer: 'TypeError', ...clean });
});

it('guardIntrinsics() makes an assignment in sloppy code have no effect', async () => {
  expect(await guarded("sloppy('Object.prototype.admin = true; return String({}.admin);')")).toEqual({ answer: 'undefined', ...clean });
});

it('guardIntrinsics() leaves objects, classes and other prototypes as they are', async () => {
  const expression = `(() => {
    class Shape { toString() { return 'shape'; } }
    Array.prototype.total = function () { return this.length; };
    const bare = Object.assign({}, { toString: () => 'own', valueOf: 1, constructor: 2 });
    const legacy = sloppy('var o = {}; o.toString = 5; o.hasOwnProperty = 6; return [o.toString, o.hasOwnProperty];');
    return [String(new Shape()), [1, 2].total(), String(bare), bare.constructor, Reflect.setPrototypeOf({}, Array.prototype), ...legacy];
  })()`;
  expect(await guarded(expression)).toEqual({ answer: ['shape', 2, 'own', 2, true, 5, 6], ...clean });
});

/** What `keepIntrinsics()` says after the code has run, and what the expression answers then. */
async function kept(code: string, expression: string): Promise<unknown> {
  const { messages, stderr } = await children.run(`
    import { keepIntrinsics } from 'runtime/worker/functions/intrinsics.ts';
    const send = process.send.bind(process);
    const { disconnect } = process;
    const run = new Function('require', ${JSON.stringify(code)});
    const { createRequire } = await import('node:module');
    const check = keepIntrinsics();
    const before = check();
    run(createRequire(import.meta.url));
    const restored = check();
    send({ before, restored, answer: ${expression}, after: check() });
    process.disconnect();
  `);
  expect(stderr).toBe('');
  return messages[0];
}

const none = { before: [], after: [] };

it('keepIntrinsics() puts back methods that were replaced, and says which', async () => {
  const code = 'Array.prototype.map = () => { throw 1; }; Map.prototype.get = null; require("node:events").prototype.emit = () => {};';
  const restored = ['Array.prototype.map', 'Map.prototype.get', 'EventEmitter.prototype.emit'];
  expect(await kept(code, '[[1].map((n) => n + 1), new Map([[1, 2]]).get(1)]')).toEqual({ restored, answer: [[2], 2], ...none });
});

it('keepIntrinsics() puts back inherited methods, replaced where they are used and where they are', async () => {
  const code = `
    const { ServerResponse } = require('node:http');
    ServerResponse.prototype.end = null;
    require('node:net').Socket.prototype.write = null;
    require('node:stream').Readable.prototype.pipe = null;
    Buffer.prototype.subarray = null;`;
  const restored = ['Buffer.prototype.subarray', 'ServerResponse.prototype.end', 'Socket.prototype.pipe', 'Socket.prototype.write'];
  const answer = `await Promise.all(['http.ServerResponse', 'net.Socket'].map(async (path) => {
    const [module, name] = path.split('.');
    const { prototype } = (await import(module))[name];
    return [typeof prototype.end, typeof prototype.write, Object.hasOwn(prototype, 'write')];
  }))`;
  expect(await kept(code, answer)).toEqual({ restored, answer: [0, 1].map(() => ['function', 'function', false]), ...none });
});

it('keepIntrinsics() puts back globals that were deleted, and another Buffer, but nobody’s choice of a fetch or a Promise', async () => {
  const code =
    'delete globalThis.URL; delete globalThis.Map; globalThis.Buffer = undefined; globalThis.fetch = 1; globalThis.Promise = class Mine {};';
  const restored = ['Buffer', 'Map', 'URL'];
  expect(await kept(code, "[typeof URL, typeof Map, Buffer.from('x').length, fetch, Promise.name]")).toEqual({
    restored,
    answer: ['function', 'function', 1, 1, 'Mine'],
    ...none,
  });
});

it('keepIntrinsics() leaves what functions add, and what they do to dates and numbers', async () => {
  const code =
    'Array.prototype.last = function () { return this.at(-1); }; Date.prototype.toJSON = () => "mine"; Number.prototype.toFixed = () => "2";';
  expect(await kept(code, '[[1, 2].last(), JSON.stringify(new Date()), (1).toFixed()]')).toEqual({
    restored: [],
    answer: [2, '"mine"', '2'],
    ...none,
  });
});
