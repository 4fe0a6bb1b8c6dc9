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
  /** Undefined for what is inherited. */
  readonly descriptor: PropertyDescriptor | undefined;
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
 * and returns the names of that. It is called twenty times a second: without it, one call of a function that replaces
 * `push` or `Map.prototype.get` fails all calls for good; with it, those of 50 ms (the `replace-…` rows of docs/faults.md).
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
  const { defineProperty, deleteProperty, get, set } = Reflect;
  return ({ owner, key, value, descriptor }) => {
    try {
      if (descriptor) defineProperty(owner, key, descriptor);
      else deleteProperty(owner, key);
      // Node's own accessors for `Buffer` and `process` remember what they were given.
      if (get(owner, key) !== value) set(owner, key, value);
    } catch {
      // Made so that nobody can: only another worker is whole again.
    }
  };
}

/** The methods of an object, and those that it inherits of others than `Object.prototype`: they can be replaced where they are and where they are used. */
function methodsOf(label: string, owner: object): Kept[] {
  const kept: Kept[] = [];
  for (let from: object | null = owner; from && (from === owner || from !== Object.prototype); from = Reflect.getPrototypeOf(from)) {
    for (const key of Reflect.ownKeys(from)) {
      const [method] = keep(`${label}.${String(key)}`, from, key);
      if (!method) continue;
      // What is inherited is put back first.
      kept.unshift(method);
      if (from !== owner && Reflect.get(owner, key) === method.value) kept.push({ ...method, owner, descriptor: undefined });
    }
  }
  return kept;
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
