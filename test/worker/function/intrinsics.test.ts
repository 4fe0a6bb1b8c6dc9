import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

/** What an expression answers, or the name of what it throws, once objects are guarded. */
async function guarded(expression: string): Promise<unknown> {
  const { messages, stderr } = await children.run(`
    import { guardIntrinsics } from 'runtime/worker/function/intrinsics.ts';
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

test.each([
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

test('guardIntrinsics() makes an assignment in sloppy code have no effect', async () => {
  expect(await guarded("sloppy('Object.prototype.admin = true; return String({}.admin);')")).toEqual({ answer: 'undefined', ...clean });
});

test('guardIntrinsics() leaves objects, classes and other prototypes as they are', async () => {
  const expression = `(() => {
    class Shape { toString() { return 'shape'; } }
    Array.prototype.total = function () { return this.length; };
    const bare = Object.assign({}, { toString: () => 'own', valueOf: 1, constructor: 2 });
    const legacy = sloppy('var o = {}; o.toString = 5; o.hasOwnProperty = 6; return [o.toString, o.hasOwnProperty];');
    return [String(new Shape()), [1, 2].total(), String(bare), bare.constructor, Reflect.setPrototypeOf({}, Array.prototype), ...legacy];
  })()`;
  expect(await guarded(expression)).toEqual({ answer: ['shape', 2, 'own', 2, true, 5, 6], ...clean });
});
