import type * as Bson from 'bson';

/** The classes of the host's own bson package. */
export type BsonClasses = Pick<
  typeof Bson,
  | 'Binary'
  | 'BSONRegExp'
  | 'BSONSymbol'
  | 'Code'
  | 'DBRef'
  | 'Decimal128'
  | 'Double'
  | 'Int32'
  | 'Long'
  | 'MaxKey'
  | 'MinKey'
  | 'ObjectId'
  | 'Timestamp'
  | 'UUID'
>;

/** By this symbol the values of bson 5 and later say their major version. */
const version = Symbol.for('@@mdb.bson.version');

/**
 * Copies what a function gives the driver, with the values of another bson package as the host's own: apps bring
 * `bson` or `mongodb` in versions of their own, and the driver refuses their values. Throws a TypeError for a circle,
 * and for a kind of value that it does not know.
 */
export function toHostValues(value: unknown, bson: BsonClasses): unknown {
  const own: unknown = Reflect.get(bson.ObjectId.prototype, version);
  const ancestors = new Set<object>();
  const visit: Visit = (item) => {
    if (typeof item !== 'object' || item === null) return item;
    if (ancestors.has(item)) throw new TypeError('Cannot convert circular structure to BSON');
    ancestors.add(item);
    const copy = copyOf(item);
    ancestors.delete(item);
    return copy;
  };
  const copyOf = (item: object): unknown => {
    if ('_bsontype' in item) return convert(item, { bson, own: Reflect.get(item, version) === own, visit });
    if (item instanceof Date || item instanceof RegExp || ArrayBuffer.isView(item)) return item;
    if (Array.isArray(item)) return Array.from(item, visit);
    if (item instanceof Map) return new Map(Array.from(item, ([key, element]) => [key, visit(element)]));
    if ('toBSON' in item && typeof item.toBSON === 'function') return visit(item.toBSON());
    return Object.fromEntries(Object.entries(item).map(([key, element]) => [key, visit(element)]));
  };
  return visit(value);
}

type Visit = (item: unknown) => unknown;

interface Conversion {
  readonly bson: BsonClasses;
  /** Whether the value is of the host's own package: it only may hold others. */
  readonly own: boolean;
  readonly visit: Visit;
}

/** Reads a member of a value; bson 1 writes some with `_` at the end. */
type Member = (name: string) => unknown;

function convert(item: object, { bson, own, visit }: Conversion): unknown {
  const tag = String(Reflect.get(item, '_bsontype'));
  const nested = tag === 'Code' || tag === 'DBRef';
  if (own && !nested) return item;
  const make = makers.get(tag);
  if (!make) {
    const advice = 'Remove "bson" and "mongodb" from the packages of the app, or use the versions that the host has.';
    throw new TypeError(`The value with _bsontype "${tag}" comes from a version of bson that the host does not know. ${advice}`);
  }
  const member: Member = (name) => Reflect.get(item, name) ?? Reflect.get(item, `${name}_`);
  return make({ bson, member, digits: () => digitsOf(item), visit });
}

interface Source {
  readonly bson: BsonClasses;
  readonly member: Member;
  /** The hexadecimal digits of an id. */
  readonly digits: () => string;
  readonly visit: Visit;
}

const objectId = ({ bson, digits }: Source): unknown => new bson.ObjectId(digits());
const symbol = ({ bson, member }: Source): unknown => new bson.BSONSymbol(String(member('value')));

const makers = new Map<string, (source: Source) => unknown>([
  ['ObjectId', objectId],
  ['ObjectID', objectId],
  ['Symbol', symbol],
  ['BSONSymbol', symbol],
  ['Long', ({ bson, member }) => bson.Long.fromBits(Number(member('low')), Number(member('high')), member('unsigned') === true)],
  ['Timestamp', ({ bson, member }) => new bson.Timestamp({ t: Number(member('high')) >>> 0, i: Number(member('low')) >>> 0 })],
  ['Double', ({ bson, member }) => new bson.Double(Number(member('value')))],
  ['Int32', ({ bson, member }) => new bson.Int32(Number(member('value')))],
  ['Decimal128', ({ bson, member }) => new bson.Decimal128(toBytes(member('bytes')))],
  ['UUID', ({ bson, digits }) => new bson.UUID(digits())],
  ['Binary', toBinary],
  ['BSONRegExp', ({ bson, member }) => new bson.BSONRegExp(String(member('pattern')), String(member('options')))],
  ['MinKey', ({ bson }) => new bson.MinKey()],
  ['MaxKey', ({ bson }) => new bson.MaxKey()],
  ['Code', ({ bson, member, visit }) => new bson.Code(String(member('code')), toDocument(visit(member('scope'))))],
  ['DBRef', toReference],
]);

function toBinary({ bson, member }: Source): unknown {
  const bytes = toBytes(member('buffer'));
  return new bson.Binary(bytes.subarray(0, Number(member('position') ?? bytes.length)), Number(member('sub_type')));
}

function toReference({ bson, member, visit }: Source): unknown {
  const id = visit(member('oid'));
  const db = member('db');
  // What is no ObjectId is an id all the same.
  const reference = new bson.DBRef(
    String(member('collection') ?? member('namespace')),
    new bson.ObjectId(),
    typeof db === 'string' ? db : undefined,
  );
  return Object.assign(reference, { oid: id, fields: toDocument(visit(member('fields'))) ?? {} });
}

function digitsOf(item: object): string {
  return 'toHexString' in item && typeof item.toHexString === 'function' ? String(item.toHexString()) : '';
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(String(value), 'latin1');
}

function toDocument(value: unknown): Bson.Document | null {
  return typeof value === 'object' ? value : null;
}
