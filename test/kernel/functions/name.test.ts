import { describe, expect, it } from 'vitest';
import { checkFunctionName, importCandidates, isFunctionName, parseSpecifier, reserved } from '../../../runtime/kernel/functions/name.ts';

describe('isFunctionName()', () => {
  it.each(['a', 'A9', '_', '-', 'a.b', '.hidden', 'a/b/c', 'a-b_c.d/e', '0', '__proto__', 'constructor', 'a'.repeat(256)])(
    'takes %s',
    (name) => {
      expect(isFunctionName(name)).toBe(true);
    },
  );

  it.each([
    '',
    '.',
    '..',
    '/',
    '/a',
    'a/',
    'a//b',
    'a/../b',
    'a..b',
    './a',
    'a./b',
    'a b',
    'a\n',
    'a\0',
    'é',
    'a?b',
    'a%2Fb',
    'a\\b',
    'a#b',
  ])('refuses %j', (name) => {
    expect(isFunctionName(name)).toBe(false);
  });

  it('refuses 257 characters', () => {
    expect(isFunctionName('a'.repeat(257))).toBe(false);
  });

  it('takes every reserved name', () => {
    expect(Object.values(reserved).filter((name) => !isFunctionName(name))).toEqual([]);
  });
});

describe('checkFunctionName()', () => {
  it('answers a valid name', () => {
    expect(checkFunctionName('lib/dates')).toBe('lib/dates');
  });

  it('throws INVALID_NAME without repeating the name', () => {
    expect(() => checkFunctionName('<script>')).toThrow(expect.objectContaining({ code: 'INVALID_NAME', status: 400 }));
    expect(() => checkFunctionName('<script>')).not.toThrow(/script/);
  });
});

describe('parseSpecifier()', () => {
  it.each(['@lafjs/cloud', '@/cloud-sdk', 'hearth'])('takes %s for the SDK', (specifier) => {
    expect(parseSpecifier(specifier, 'a')).toEqual({ kind: 'sdk' });
  });

  it.each([
    ['@/b', 'x/a', 'b'],
    ['@/lib/b', 'a', 'lib/b'],
    ['@/lib/../b', 'a', 'b'],
    ['./b', 'a', 'b'],
    ['./b', 'lib/a', 'lib/b'],
    ['../b', 'lib/a', 'b'],
    ['../b', 'lib/deep/a', 'lib/b'],
    ['./deep/b', 'lib/a', 'lib/deep/b'],
    ['../../../b', 'lib/a', 'b'],
    ['..', 'lib/deep/a', 'lib'],
    ['.', 'lib/a', 'lib'],
    ['./b.ts', 'a', 'b.ts'],
  ])('takes %s in %s for the function %s', (specifier, importer, name) => {
    expect(parseSpecifier(specifier, importer)).toEqual({ kind: 'function', name });
  });

  it.each(['fs', 'node:fs', 'lodash/fp', '@scope/name', '.env', '...', '@lafjs/cloud/more', 'hearth/x', '/etc/passwd'])(
    'takes %s for a package',
    (specifier) => {
      expect(parseSpecifier(specifier, 'a')).toEqual({ kind: 'package', id: specifier });
    },
  );
});

describe('importCandidates()', () => {
  it.each(['ts', 'js', 'mts', 'mjs', 'cts', 'cjs'])('tries the name as it is before the name without .%s', (ending) => {
    expect(importCandidates(`a.${ending}`)).toEqual([`a.${ending}`, 'a']);
  });

  it.each(['a', 'a.json', 'a.d', 'ts'])('tries nothing else for %s', (name) => {
    expect(importCandidates(name)).toEqual([name]);
  });
});
