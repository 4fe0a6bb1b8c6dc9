import { describe, expect, it } from 'vitest';
import { mergeKept } from '../../web/state/kept.ts';
import { own } from '../../web/state/own.ts';

describe('mergeKept()', () => {
  it('takes what was kept, and of it only what is of the kind that the store has', () => {
    const initial = { open: ['a'], theme: 'system', layouts: {}, show: () => {} };
    expect(mergeKept({ open: ['b'], theme: 'dark' }, initial)).toEqual({ ...initial, open: ['b'], theme: 'dark' });
    expect(mergeKept({ open: null, theme: 7, layouts: [], show: 'x', more: 1 }, initial)).toEqual(initial);
    for (const kept of [undefined, null, 'text', 3]) expect(mergeKept(kept, initial)).toBe(initial);
  });
});

describe('own()', () => {
  it('finds what is kept for a function, whatever that is called', () => {
    expect(own({}, 'constructor')).toBeUndefined();
    expect(own({ constructor: 1 }, 'constructor')).toBe(1);
    expect(own(Object.fromEntries([['__proto__', 2]]), '__proto__')).toBe(2);
  });
});
