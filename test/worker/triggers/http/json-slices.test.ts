import { describe, expect, it } from 'vitest';
import { checkDepth, parseInSlices, shapeOf } from '../../../../runtime/worker/triggers/http/json-slices.ts';

const parse = async (text: string): Promise<unknown> => {
  const bytes = Buffer.from(text);
  return parseInSlices(bytes, await shapeOf(bytes, 1000));
};

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

describe('parseInSlices()', () => {
  it.each<[string, unknown]>([
    ['a long array of numbers', many(100_000, (index) => index / 3)],
    ['a long array of empty objects', many(60_000, () => ({}))],
    ['rows', many(5_000, (id) => ({ id, name: `n "${id}" \\`, tags: ['[', ']', '{', '}', ',', ':'], in: { a: [{ b: null }] } }))],
    ['an object of many members', Object.fromEntries(many(20_000, (index) => [`key, "${index}"`, index]))],
    ['long strings', { a: '"\\'.repeat(100_000), b: 'é'.repeat(100_000), c: ['\\'.repeat(100_001)] }],
    ['large values between small ones', [1, many(50_000, String), 'a', { x: many(50_000, String), y: 2 }, [], {}, null]],
    ['large members between small ones', { a: 1, b: many(50_000, String), c: [], d: { e: many(50_000, String), 'f:': ':' }, g: true }],
  ])('makes what JSON.parse() makes of %s', async (_, value) => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, undefined, 1), ` \n${JSON.stringify(value)}\t`])
      expect(JSON.stringify(await parse(text)) === JSON.stringify(value)).toBe(true);
  });

  it('makes a member called __proto__ one like any other', async () => {
    const text = `{"a":${JSON.stringify(many(50_000, String))},"__proto__":{"b":1},"c":${JSON.stringify(many(50_000, String))}}`;
    const value = Object(await parse(text));
    expect([Object.keys(value), Object.getPrototypeOf(value) === Object.prototype]).toEqual([['a', '__proto__', 'c'], true]);
  });

  const row = `[${many(50_000, String).join(',')}]`;
  it.each([
    ['an end that is missing', row.slice(0, -1)],
    ['an end of another kind', `${row.slice(0, -1)}}`],
    ['an end too many', `${row}]`],
    ['text after the end', `${row} x`],
    ['a comma before the end', `${row.slice(0, -1)},]`],
    ['a comma at the end of a slice', `[${'1,'.repeat(65_536)}]`],
    ['two commas', `[${row},,1]`],
    ['a comma after a large value', `[${row},]`],
    ['a comma at the beginning', `[,${row}]`],
    ['two commas between large values', `[${row},,${row}]`],
    ['no comma between values', `[${row} 1]`],
    ['no comma before a large value', `[1 ${row}]`],
    ['no colon', `{"a" ${row}}`],
    ['no name', `{${row}}`],
    ['a name that is no text', `{1:${row}}`],
    ['a string that does not end', `[${row},"x]`],
    ['what JSON does not have', `[${row},undefined]`],
  ])('throws a SyntaxError, as JSON.parse() does, for %s', async (_, text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    await expect(parse(text)).rejects.toThrow(SyntaxError);
  });
});

describe('the depth', () => {
  const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);

  it('may be what the limit says, and no more, whatever stands in strings', async () => {
    const tooDeep = expect.objectContaining({ code: 'BODY_TOO_DEEP', details: { limit: 1000 } });
    expect(() => checkDepth(Buffer.from(nested(1000)), 1000)).not.toThrow();
    expect(() => checkDepth(Buffer.from(nested(1002)), 1000)).toThrow(tooDeep);
    await expect(shapeOf(Buffer.from(nested(2_000_000)), 1000)).rejects.toThrow(tooDeep);
    await expect(shapeOf(Buffer.from(JSON.stringify('['.repeat(5000))), 1000)).resolves.toMatchObject({ containers: 0 });
  });
});
