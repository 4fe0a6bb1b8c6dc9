import { describe, expect, it } from 'vitest';
import { LiveCatalog } from '../../../../runtime/control/app/publishing/catalog.ts';
import type { Revision } from '../../../../runtime/kernel/functions/revision.ts';

function at(name: string, revision = 1): Revision {
  return { name, revision, source: '', methods: undefined, note: '', createdAt: 0, compiled: { code: '', map: '{}', builder: 'none' } };
}

const listed = (catalog: LiveCatalog): string[] => catalog.list().map(({ name, revision }) => `${name}#${revision}`);

describe('LiveCatalog', () => {
  it('list() is in the order of names, by code units', () => {
    expect(listed(new LiveCatalog([at('b'), at('a/z'), at('a'), at('B'), at('__init__')]))).toEqual([
      'B#1',
      '__init__#1',
      'a#1',
      'a/z#1',
      'b#1',
    ]);
  });

  it('get() answers by exact name, and nothing that objects inherit', () => {
    const catalog = new LiveCatalog([at('a')]);
    expect([catalog.get('a')?.name, catalog.get('A'), catalog.get('constructor')]).toEqual(['a', undefined, undefined]);
  });

  it('apply() takes new, changed and deleted functions, and list() shows them', () => {
    const catalog = new LiveCatalog([at('a'), at('b')]);
    expect(listed(catalog)).toEqual(['a#1', 'b#1']);
    catalog.apply([at('a', 2), at('c')], ['b', 'unknown']);
    expect([listed(catalog), catalog.get('a')?.revision, catalog.get('b')]).toEqual([['a#2', 'c#1'], 2, undefined]);
  });

  it('a list that was given out does not change', () => {
    const catalog = new LiveCatalog([at('a')]);
    const before = catalog.list();
    catalog.apply([at('b')], []);
    expect([before.length, catalog.list().length]).toEqual([1, 2]);
  });
});
