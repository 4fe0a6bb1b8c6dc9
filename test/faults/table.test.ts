import { expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { readRows } from './table.ts';

it('docs/faults.md has a row for each fault of the catalogue, in its order, and no other', () => {
  expect([...readRows().keys()]).toEqual(catalogue.map(({ id }) => id));
});

it('every fault has a name of its own', () => {
  expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
});
