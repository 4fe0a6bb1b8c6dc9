import { describe, expect, it } from 'vitest';
import { JsonPieces, type Piece } from '../../../../runtime/control/app/transfer/json-pieces.ts';

function read(text: string, size: number): Piece[] {
  const pieces = new JsonPieces();
  const found: Piece[] = [];
  for (let at = 0; at < text.length; at += size) found.push(...pieces.take(text.slice(at, at + size)));
  pieces.end();
  return found;
}

const odd = { name: 'a"\\,]}{[:', deep: [{ x: [1, 'é😀\\"', null] }], __proto__: 1, empty: '' };
const document = { one: 1, two: [odd, 'text', [1, [2]], {}, null, -1.5e3], none: [], object: { a: [1, 2] }, last: 'end\\' };
const expected = [
  { key: 'one', value: 1, element: false },
  ...document.two.map((value) => ({ key: 'two', value, element: true })),
  { key: 'object', value: document.object, element: false },
  { key: 'last', value: 'end\\', element: false },
];

describe('JsonPieces', () => {
  it.each([1, 2, 3, 7, 10_000])('take() answers members and elements, from texts of %i characters', (size) => {
    expect(read(JSON.stringify(document), size)).toEqual(expected);
    expect(read(JSON.stringify(document, null, 4), size)).toEqual(expected);
    expect(read(' { } \n', size)).toEqual([]);
  });

  it('end() refuses every text that is cut short', () => {
    const text = JSON.stringify(document);
    for (let end = 0; end < text.length; end += 1) expect(() => read(text.slice(0, end), 5)).toThrow();
  });

  it.each([
    '[]',
    '1',
    'null',
    '{} {}',
    '{"a":1,}',
    '{,}',
    '{"a":[1,]}',
    '{"a":[,]}',
    '{"a":[1] 2}',
    '{"a":}',
    '{"a"}',
    '{a:1}',
    '{1:1}',
    '{"a":1]',
    '{"a":[1}}',
    '{"a":nul}',
    '{"a":[1 2]}',
    '{"a":1 "b":2}',
    '{"a":{"b":1]}',
    '{"a":"\n"}',
  ])('take() refuses %j, which JSON.parse() refuses or which is no object', (text) => {
    expect(() => read(text, 3)).toThrow(/^it is|^something follows/);
  });
});
