import { Buffer as NodeBuffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { OutgoingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/**
 * Keeps functions from adding to what every object inherits: a property there shows up in every
 * `for…in` and every options object of the whole process, and is how a careless merge of JSON becomes
 * an attack on others (`{"__proto__": {"admin": true}}`). The function that tries gets a `TypeError`;
 * in sloppy code the assignment has no effect, as with any object that cannot be extended.
 */
export function guardIntrinsics(): void {
  Object.preventExtensions(Object.prototype);
}

/** A property that everybody relies on, with what it was at the start. */
interface Kept {
  readonly label: string;
  readonly owner: object;
  readonly key: string | symbol;
  readonly value: unknown;
  readonly descriptor: PropertyDescriptor;
}

/** Objects whose methods are kept: those that the host's own packages call for every request and message. Functions replace methods of dates, numbers and promises for good reasons. */
const owners: readonly (readonly [string, object])[] = [
  ['Array.prototype', Array.prototype],
  ['String.prototype', String.prototype],
  ['Map.prototype', Map.prototype],
  ['Set.prototype', Set.prototype],
  ['WeakMap.prototype', WeakMap.prototype],
  ['Function.prototype', Function.prototype],
  ['RegExp.prototype', RegExp.prototype],
  ['Object.prototype', Object.prototype],
  ['Object', Object],
  ['Reflect', Reflect],
  ['Buffer', NodeBuffer],
  ['Buffer.prototype', NodeBuffer.prototype],
  ['EventEmitter.prototype', EventEmitter.prototype],
  ['ServerResponse.prototype', ServerResponse.prototype],
  ['OutgoingMessage.prototype', OutgoingMessage.prototype],
  ['Socket.prototype', Socket.prototype],
];

/** Globals that are kept as they are, and those that are only kept from being deleted: another `fetch` or `Promise` is somebody's choice. */
const fixedGlobals = ['Buffer', 'process', 'Object', 'Array', 'String', 'Number', 'Map', 'Set', 'WeakMap', 'RegExp', 'Error', 'Reflect'];
const presentGlobals = [
  'Promise',
  'JSON',
  'Math',
  'Date',
  'URL',
  'AbortController',
  'queueMicrotask',
  'performance',
  'setTimeout',
  'setInterval',
];

/**
 * Remembers what functions share with the host. The returned function puts back what was replaced or deleted since,
 * and returns the names of that.
 */
export function keepIntrinsics(): () => readonly string[] {
  const kept = [...owners.flatMap(([label, owner]) => methodsOf(label, owner)), ...globals(fixedGlobals)];
  const present = globals(presentGlobals);
  const read = Reflect.get;
  const putBack = createPutBack();
  return () => {
    let restored: string[] | undefined;
    for (const one of kept) {
      if (read(one.owner, one.key) === one.value) continue;
      putBack(one);
      restored = [...(restored ?? []), one.label];
    }
    for (const one of present) {
      if (read(one.owner, one.key) !== undefined) continue;
      putBack(one);
      restored = [...(restored ?? []), one.label];
    }
    return restored ?? nothing;
  };
}

const nothing: readonly string[] = [];

/** Uses only what was there before any function could replace it. */
function createPutBack(): (kept: Kept) => void {
  const { defineProperty } = Object;
  const { get, set } = Reflect;
  return ({ owner, key, value, descriptor }) => {
    try {
      defineProperty(owner, key, descriptor);
      // Node's own accessors for `Buffer` and `process` remember what they were given.
      if (get(owner, key) !== value) set(owner, key, value);
    } catch {
      // Made so that nobody can: only another worker is whole again.
    }
  };
}

function methodsOf(label: string, owner: object): Kept[] {
  return Reflect.ownKeys(owner).flatMap((key) => keep(`${label}.${String(key)}`, owner, key));
}

function globals(names: readonly string[]): Kept[] {
  return names.flatMap((name) => keep(name, globalThis, name));
}

/** Accessors of prototypes are left out: most cannot be asked without an object. */
function keep(label: string, owner: object, key: string | symbol): Kept[] {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  const value: unknown = owner === globalThis ? Reflect.get(owner, key) : descriptor?.value;
  const isFixed = descriptor?.writable === false && descriptor.configurable === false;
  if (!descriptor || value === undefined || isFixed || key === 'constructor') return [];
  return [{ label, owner, key, value, descriptor }];
}
