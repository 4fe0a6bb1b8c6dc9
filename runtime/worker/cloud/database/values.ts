/** Makes a value of what extended JSON says, such as `{ $oid: '…' }`. */
export type Revive = (extended: object) => unknown;

/**
 * The notations of extended JSON: the query language writes some, and in Laf functions may write them all.
 * `$regex`, a notation once, is none here: it is an operator.
 */
const notations = new Set([
  '$oid',
  '$date',
  '$binary',
  '$uuid',
  '$regularExpression',
  '$numberDecimal',
  '$numberDouble',
  '$numberInt',
  '$numberLong',
  '$timestamp',
  '$minKey',
  '$maxKey',
]);

/**
 * Copies what a function and the query language made of a request into what the driver takes, at once:
 * a condition may be changed as soon as the call has returned. Extended JSON becomes values. As in JSON,
 * which Laf writes between the two, what is undefined is left out and `toJSON()` is heard; unlike in JSON,
 * dates, ids and other values stay what they are, wherever they are.
 * Throws for a circle, and for a notation that says nothing (`{ $oid: 'x' }`).
 */
export function encode(value: unknown, revive: Revive): unknown {
  const ancestors = new Set<object>();
  const visit = (item: unknown): unknown => {
    if (!isBranch(item)) return item;
    if (ancestors.has(item)) throw new TypeError('Cannot convert circular structure to JSON');
    ancestors.add(item);
    const copy = copyOf(item);
    ancestors.delete(item);
    return copy;
  };
  const copyOf = (item: object): unknown => {
    if (Array.isArray(item)) return Array.from(item, (element: unknown) => (isLeftOut(element) ? null : visit(element)));
    if ('toJSON' in item && typeof item.toJSON === 'function') return visit(item.toJSON());
    const entries = Object.entries(item);
    const [first] = entries;
    if (first && entries.length === 1 && notations.has(first[0])) return toDate(first) ?? revive(item);
    const copy: Record<string, unknown> = {};
    // The language's commands, within an operator that it does not know the inside of, say `$neq` for `$ne`.
    for (const [key, element] of entries) if (!isLeftOut(element)) copy[key === '$neq' ? '$ne' : key] = visit(element);
    return copy;
  };
  return visit(value);
}

/** What `serverDate()` says; undefined for any other notation. */
function toDate([key, value]: [string, unknown]): Date | undefined {
  if (key !== '$date' || typeof value !== 'object' || value === null || !('offset' in value)) return undefined;
  return new Date(Date.now() + Number(value.offset));
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

/** Arrays and objects of fields; none of MongoDB's values, which all have their own classes. */
function isBranch(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return false;
  return !(value instanceof Date || value instanceof RegExp || value instanceof Map || ArrayBuffer.isView(value));
}

/** Formats a document as the query language does. */
export type Format = (document: object) => object;

const shapes = new Set<unknown>(['Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', 'MultiPolygon']);

/**
 * Makes instances of `db.Geo`'s classes of what a document says in GeoJSON, as Laf does, in place. All
 * else stays as the driver returns it, so that both APIs give the same values.
 */
export function decode(document: object, format: Format): object {
  for (const [key, value] of Object.entries(document)) {
    if (!isBranch(value)) continue;
    const decoded = isGeometry(value) ? toGeometry(value, format) : decode(value, format);
    if (decoded !== value) Object.assign(document, { [key]: decoded });
  }
  return document;
}

function isGeometry(value: object): boolean {
  return 'type' in value && shapes.has(value.type) && 'coordinates' in value && Array.isArray(value.coordinates);
}

/** Laf cannot read a document again that has a point which is not on Earth. */
function toGeometry(value: object, format: Format): object {
  try {
    const { geometry }: { geometry?: object } = format({ geometry: value });
    return geometry ?? value;
  } catch {
    return value;
  }
}
