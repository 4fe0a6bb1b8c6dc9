import type { Fault } from './fault.ts';

/** What the host itself calls when it answers: until it is put back, nobody gets anything. */
const harmful: ReadonlySet<string> = new Set([
  'replace-buffer',
  'delete-globals',
  'replace-array-methods',
  'replace-map-methods',
  'replace-string-methods',
  'replace-call',
  'replace-emit',
  'replace-module',
]);

/** Replaces something that everybody uses and answers; the host's own code must not notice. */
function replaced(id: string, fault: string, code: string): Fault {
  const todo = harmful.has(id) ? { todo: 'it is restored within 50 ms; until then any request may fail or hang' } : {};
  return {
    id,
    fault,
    alone: true,
    ...todo,
    source: `export default () => { ${code}; return 'ok'; };`,
    guilty: /^(200 ok|500 Internal Server Error)$/,
  };
}

const no = "() => { throw new Error('replaced'); }";

/** Changes to what all code of a process shares. */
export const intrinsics: readonly Fault[] = [
  {
    id: 'pollute-prototype',
    fault: '`Object.prototype.admin = true`',
    source: 'export default () => { (Object.prototype as any).admin = true; };',
    guilty: /^500 Internal Server Error$/,
    log: /object is not extensible/,
  },
  {
    id: 'pollute-by-merge',
    fault: 'a careless merge of a body with `__proto__`; then `({}).admin`',
    source: [
      'const merge = (to: any, from: any): any => {',
      "  for (const key of Object.keys(from)) to[key] = typeof from[key] === 'object' ? merge(to[key] ?? {}, from[key]) : from[key];",
      '  return to;',
      '};',
      'export default (ctx: any) => { merge({}, ctx.body); return String(({} as any).admin); };',
    ].join('\n'),
    provoke: (scene) =>
      scene.call(undefined, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"__proto__":{"admin":true}}' }),
    guilty: /^(200 undefined|500 Internal Server Error)$/,
  },
  replaced('replace-fetch', 'a new `globalThis.fetch` that throws', `globalThis.fetch = ${no}`),
  replaced('replace-console', 'a new `globalThis.console` that throws', `(globalThis as any).console = new Proxy({}, { get: ${no} })`),
  replaced(
    'replace-promise',
    'a new `globalThis.Promise` that throws',
    `(globalThis as any).Promise = class { constructor() { throw new Error('replaced'); } }`,
  ),
  replaced(
    'replace-timers',
    'new `globalThis.setTimeout`, `setInterval`, `setImmediate` that throw',
    `Object.assign(globalThis, { setTimeout: ${no}, setInterval: ${no}, setImmediate: ${no} })`,
  ),
  replaced('replace-buffer', 'a new `globalThis.Buffer`', `(globalThis as any).Buffer = undefined`),
  replaced('replace-json', 'new `JSON.stringify` and `JSON.parse` that throw', `JSON.stringify = ${no}; JSON.parse = ${no}`),
  replaced(
    'delete-globals',
    'globals deleted: `process`, `URL`, `Map`, `Error`, `Reflect` and more',
    `for (const name of ['process', 'URL', 'Map', 'Set', 'WeakMap', 'Error', 'Reflect', 'Object', 'Array', 'String', 'Number', 'Date', 'RegExp', 'AbortController', 'queueMicrotask', 'performance']) delete (globalThis as any)[name]`,
  ),
  replaced(
    'replace-array-methods',
    'new `push`, `map`, `slice`, `join` of `Array.prototype` that throw',
    `for (const name of ['push', 'map', 'slice', 'join']) (Array.prototype as any)[name] = ${no}`,
  ),
  replaced(
    'replace-map-methods',
    'new `get` and `set` of `Map.prototype` that throw',
    `Map.prototype.get = ${no}; Map.prototype.set = ${no}`,
  ),
  replaced('replace-then', 'a new `Promise.prototype.then` that throws', `Promise.prototype.then = ${no}`),
  replaced(
    'replace-string-methods',
    'new `replace`, `slice`, `startsWith`, `toLowerCase` of `String.prototype` that throw',
    `for (const name of ['replace', 'slice', 'startsWith', 'toLowerCase']) (String.prototype as any)[name] = ${no}`,
  ),
  replaced(
    'replace-call',
    'new `call` and `apply` of `Function.prototype` that throw',
    `Function.prototype.call = ${no}; Function.prototype.apply = ${no}`,
  ),
  replaced('replace-emit', 'a new `EventEmitter.prototype.emit` that throws', `require('node:events').prototype.emit = ${no}`),
  replaced(
    'replace-module',
    'new `http.ServerResponse.prototype.end` and `net.Socket.prototype.write` that throw',
    `require('node:http').ServerResponse.prototype.end = ${no}; require('node:net').Socket.prototype.write = ${no}`,
  ),
  replaced(
    'freeze-prototypes',
    'the prototypes of arrays, errors, promises and functions frozen',
    `for (const one of [Array, Error, Promise, Function, Map, Object]) Object.freeze(one.prototype)`,
  ),
];
