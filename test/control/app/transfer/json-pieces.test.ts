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

  it.each([
    ['one member of 20 MB', `{"a":"${'x'.repeat(20e6)}"}`, 64 * 1024],
    ['many escapes', `{"a":"${'\\n\\"'.repeat(4e6)}"}`, 16 * 1024],
    ['blanks around a value', `{${' '.repeat(8e6)}"a"${'\n'.repeat(8e6)}:${'\t'.repeat(8e6)}1${' '.repeat(8e6)}}`, 16 * 1024],
    ['texts of one character', `{"a":"${'\\u0041'.repeat(2e5)}"}`, 1],
    ['many tiny elements', `{"a":[${'1,'.repeat(1e6)}1]}`, 64 * 1024],
  ])('take() looks at each character once: %s', (_, text, size) => {
    const started = performance.now();
    expect(read(text, size).length).toBeGreaterThan(0);
    // Time that is quadratic in the length takes minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each([
    ['is too large', `{"a":"${'x'.repeat(33 * 1024 * 1024)}`],
    ['is too large', `{"${'x'.repeat(33 * 1024 * 1024)}`],
    ['is nested too deeply', `{"a":${'['.repeat(5e6)}`],
    ['is nested too deeply', `{"a":${'{"a":'.repeat(1e6)}`],
    ['has too many parts', `{"a":{"b":[${'1,'.repeat(1e6)}`],
    ['has too many parts', `{"a":[{${'"b":{},'.repeat(1e6)}`],
  ])('take() refuses a member that %s before it has ended', (message, text) => {
    expect(() => read(text, 64 * 1024)).toThrow(message);
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
