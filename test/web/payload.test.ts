import { describe, expect, it } from 'vitest';
import { encode, hexDump, hexText, prettyJson, sizeOf, toBase64 } from '../../web/sockets/payload.ts';

const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);

describe('encode()', () => {
  it('makes bytes of hex and base64, however they are written', () => {
    expect(encode('00 ff,0A\n0x10', 'hex')).toEqual({ payload: Uint8Array.of(0, 255, 10, 16) });
    expect(encode(toBase64(bytes), 'base64')).toEqual({ payload: bytes });
    expect(encode('_-8=', 'base64')).toEqual({ payload: Uint8Array.of(255, 239) });
    expect(encode(hexText(bytes, 256), 'hex')).toEqual({ payload: bytes });
  });

  it('says what is wrong', () => {
    expect(encode('0g', 'hex')).toEqual({ fault: '“g” is no hex digit.' });
    expect(encode('000', 'hex')).toEqual({ fault: 'Hex has two digits for each byte: one is missing.' });
    expect(encode('a', 'base64')).toEqual({ fault: 'This is not base64.' });
    expect(encode('[1,', 'json')).toEqual({ fault: 'Line 1, column 4: a value is expected here' });
  });

  it('sends text and JSON as they were written', () => {
    expect(encode('{ "a": 1 }', 'json')).toEqual({ payload: '{ "a": 1 }' });
    expect(encode('{', 'text')).toEqual({ payload: '{' });
  });
});

describe('hexDump()', () => {
  it('shows sixteen bytes a line, and how many are left out', () => {
    const lines = hexDump(bytes, 32).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe('000000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ················');
    expect(lines[2]).toBe('… 224 bytes more');
    expect(hexDump(new TextEncoder().encode('Hi'), 32)).toBe(`000000  48 69${' '.repeat(42)}  Hi`);
  });
});

describe('sizeOf()', () => {
  it('counts bytes on the wire', () => {
    expect(sizeOf('ü€😀')).toBe(9);
    expect(sizeOf(bytes)).toBe(256);
  });
});

describe('prettyJson()', () => {
  it('draws objects and lists in lines, and leaves the rest', () => {
    expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    for (const text of ['1', '"a"', '{a}', '', 'hello']) expect(prettyJson(text)).toBe(text);
  });
});
