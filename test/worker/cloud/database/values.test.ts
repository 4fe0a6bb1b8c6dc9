import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../../../runtime/worker/cloud/database/values.ts';
import { bson } from './place.ts';

const revive = (extended: object): unknown => bson.EJSON.deserialize({ value: extended })['value'];
const encoded = (value: unknown): unknown => encode(value, revive);

describe('encode()', () => {
  it('keeps the values of MongoDB wherever they are', () => {
    const value = {
      id: new bson.ObjectId(),
      date: new Date(0),
      pattern: /a/i,
      decimal: bson.Decimal128.fromString('1.50'),
      long: bson.Long.fromNumber(5),
      bytes: Buffer.from('yo'),
      map: new Map([['a', 1]]),
      big: 5n,
    };
    const copy = Object(encoded({ a: [{ b: value }] }));
    for (const [key, member] of Object.entries(value)) expect(copy.a[0].b[key]).toBe(member);
  });

  it('makes values of what extended JSON says', () => {
    const id = new bson.ObjectId();
    const date = new Date('1960-01-01');
    const given = bson.EJSON.serialize({ id, date, bytes: new bson.Binary(Buffer.from('yo')), decimal: bson.Decimal128.fromString('1.5') });
    const made = Object(encoded(given));
    expect([made.id.equals(id), made.date, made.bytes.toString('utf8'), String(made.decimal)]).toEqual([true, date, 'yo', '1.5']);
    expect(made.id).toBeInstanceOf(bson.ObjectId);
  });

  it('keeps operators', () => {
    const query = { a: { $regex: 'x', $options: 'i', $ne: 1 }, b: { $regex: 'x' }, $where: 'true', c: { $not: { $eq: 1 } } };
    expect(encoded(query)).toEqual(query);
    expect(encoded({ a: { $neq: 1 } })).toEqual({ a: { $ne: 1 } });
  });

  it('leaves out what JSON leaves out, and hears toJSON()', () => {
    const given = { u: undefined, f: () => 1, s: Symbol('s'), list: [undefined, () => 1, 1], n: null, url: new URL('http://a/b') };
    const copy = encoded(given);
    expect(copy).toEqual({ list: [null, null, 1], n: null, url: 'http://a/b' });
    expect(Object.keys(Object(copy))).toEqual(['list', 'n', 'url']);
  });

  it('copies, so that a later change of the original is not seen', () => {
    const given = { a: { b: [1] } };
    const copy = encoded(given);
    given.a.b.push(2);
    expect(copy).toEqual({ a: { b: [1] } });
  });

  it('takes the same object twice, and throws for a circle', () => {
    const shared = { a: 1 };
    expect(encoded([shared, shared])).toEqual([shared, shared]);
    const circle: Record<string, unknown> = {};
    circle['list'] = [circle, circle, circle];
    expect(() => encoded(circle)).toThrow(/circular/);
  });

  it('throws for a notation that says nothing', () => {
    expect(() => encoded({ _id: { $oid: 'x' } })).toThrow(bson.BSONError);
  });
});

describe('decode()', () => {
  const fail = (): never => {
    throw new Error('not on Earth');
  };

  it('formats geometries only', () => {
    const id = new bson.ObjectId();
    const point = { type: 'Point', coordinates: [1, 2] };
    const document = { _id: id, type: 'Point', list: [{ point }], other: { type: 'Point' } };
    const seen: object[] = [];
    const decoded = decode(document, (given) => {
      seen.push(given);
      return { geometry: { formatted: true } };
    });
    expect(seen).toEqual([{ geometry: point }]);
    expect(decoded).toEqual({ _id: id, type: 'Point', list: [{ point: { formatted: true } }], other: { type: 'Point' } });
    expect(Object(decoded)._id).toBe(id);
  });

  it('leaves a geometry that the format refuses as it is', () => {
    const document = { at: { type: 'Point', coordinates: [999, 2] } };
    expect(decode(document, fail)).toEqual({ at: { type: 'Point', coordinates: [999, 2] } });
  });
});
