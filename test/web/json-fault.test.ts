import { describe, expect, it } from 'vitest';
import { findJsonFault } from '../../web/sockets/json-fault.ts';

const document = JSON.stringify({ a: [1, -2.5e3, 'x\n"y"', null, true, {}, []], ключ: { z: [[['ü']]] } }, undefined, 2);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonFault()', () => {
  it('finds fault with exactly what is not JSON', () => {
    for (let at = 0; at <= document.length; at += 1) {
      const texts = [
        document.slice(0, at),
        document.slice(0, at) + document.slice(at + 1),
        `${document.slice(0, at)},${document.slice(at)}`,
      ];
      for (const text of texts) expect({ text, isJson: findJsonFault(text) === undefined }).toEqual({ text, isJson: isJson(text) });
    }
  });

  it.each([
    ['', 1, 1, 'a value is expected here'],
    ['{"a": 1,\n "b" 2}', 2, 6, 'a colon is expected here'],
    ['{"a": 1,}', 1, 9, 'a name in double quotes is expected here'],
    ["{'a': 1}", 1, 2, 'a name in double quotes or } is expected here'],
    ['[1,\n\n2 3]', 3, 3, 'a comma or ] is expected here'],
    ['{"a": [], "b": {}} x', 1, 20, 'nothing may follow the value'],
    ['{"a": 01}', 1, 7, 'a value is expected here'],
    ['{"a": {"b": 1]}', 1, 14, 'a comma or } is expected here'],
  ])('tells where %j is wrong and what belongs there', (text, line, column, message) => {
    expect(findJsonFault(text)).toEqual({ line, column, message });
  });
});
