import { describe, expect, it } from 'vitest';
import { exportedFile, toPackagePath } from '../../../runtime/worker/functions/package-exports.ts';

describe('toPackagePath()', () => {
  it.each([
    ['lodash', 'lodash', '.'],
    ['lodash/fp/map.js', 'lodash', './fp/map.js'],
    ['@scope/name', '@scope/name', '.'],
    ['@scope/name/part', '@scope/name', './part'],
  ])('takes %s apart', (specifier, name, subpath) => {
    expect(toPackagePath(specifier)).toEqual({ name, subpath });
  });

  it.each(['./a', '../a', '/a', '#internal', '@scope', 'node:fs', 'data:text/javascript,1', 'file:///a/b.js', 'https://example.com/a', ''])(
    'finds no package in "%s"',
    (specifier) => {
      expect(toPackagePath(specifier)).toBeUndefined();
    },
  );
});

describe('exportedFile()', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['a string', './a.js', '.', './a.js'],
    ['a string, for a part', './a.js', './b', undefined],
    ['conditions in their order', { browser: './b.js', import: './i.mjs', default: './d.js' }, '.', './i.mjs'],
    ['default before import', { default: './d.js', import: './i.mjs' }, '.', './d.js'],
    ['nested conditions', { node: { require: './r.cjs', import: './i.mjs' }, default: './d.js' }, '.', './i.mjs'],
    ['nested conditions that do not fit', { node: { require: './r.cjs' }, default: './d.js' }, '.', './d.js'],
    ['require alone', { require: './r.cjs' }, '.', undefined],
    ['a list', { '.': [{ require: './r.cjs' }, './i.mjs'] }, '.', './i.mjs'],
    ['a part', { './part': { import: './p.mjs' } }, './part', './p.mjs'],
    ['a pattern', { './*': './lib/*.js' }, './a/b', './lib/a/b.js'],
    ['a pattern with an end', { './*.js': './lib/*.mjs' }, './a.js', './lib/a.mjs'],
    ['the longest pattern', { './*': './1/*', './a/*': './2/*', './a/*/c': './3/*' }, './a/b/c', './3/b'],
    ['an exact key before a pattern', { './*': './1/*', './a': './2' }, './a', './2'],
    ['a part that is closed', { './*': './lib/*', './secret/*': null }, './secret/x', undefined],
    ['a target outside of the package', { '.': '../x.js' }, '.', undefined],
    ['nothing', {}, '.', undefined],
  ])('takes %s', (_, exports, subpath, expected) => {
    expect(exportedFile(exports, subpath)).toBe(expected);
  });
});
