import { expect, it, onTestFinished, vi } from 'vitest';
import type { Change } from '../../../runtime/kernel/ports/function-store.ts';
import { draft, names, numbers, type Place, publish, rejection } from './place.ts';

/** A commit of what is new or changed. */
export function commits(place: Place): void {
  it('functions() is empty in a new store', async () => {
    expect(await place.store.functions()).toEqual([]);
  });

  it('commit() answers the new revision with all that was given', async () => {
    const before = Date.now();
    const given = draft('hello', 'export default 1', { methods: ['GET', 'POST'], note: 'first' });
    const [made] = await place.store.commit(publish(given));
    expect(made).toEqual({ ...given, revision: 1, createdAt: made?.createdAt });
    expect(made?.createdAt).toBeGreaterThanOrEqual(before);
    expect(made?.createdAt).toBeLessThanOrEqual(Date.now());
  });

  it('commit() keeps why a revision does not load with that revision alone', async () => {
    const loadError = { function: 'lib', line: 2, column: 7, message: 'Error: späte Konfiguration', lineText: 'const x = late();' };
    const [made] = await place.store.commit(publish(draft('hello', 'one', { loadError })));
    expect(made?.loadError).toEqual(loadError);
    const store = await place.reopen();
    expect(await store.functions()).toEqual([made]);
    await store.commit(publish(draft('hello', 'two')));
    expect((await store.revision('hello', 2))?.loadError).toBeUndefined();
    expect((await store.revision('hello', 1))?.loadError).toEqual(loadError);
  });

  it('commit() makes the revision live and readable', async () => {
    const [made] = await place.store.commit(publish(draft('hello', 'one')));
    expect(await place.store.functions()).toEqual([made]);
    expect(await place.store.revision('hello', 1)).toEqual(made);
  });

  it('commit() counts the revisions of each function from 1', async () => {
    await place.store.commit(publish(draft('a', '1')));
    await place.store.commit(publish(draft('a', '2')));
    const made = await place.store.commit(publish(draft('b', '1'), draft('a', '3')));
    expect(made.map(({ name, revision }) => [name, revision])).toEqual([
      ['b', 1],
      ['a', 3],
    ]);
  });

  it('commit() of nothing changes nothing', async () => {
    expect(await place.store.commit(publish())).toEqual([]);
    expect(await place.store.functions()).toEqual([]);
  });

  it('commit() never dates a revision before the previous one', async () => {
    const [first] = await place.store.commit(publish(draft('a', '1')));
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    onTestFinished(() => void vi.useRealTimers());
    const [second] = await place.store.commit(publish(draft('a', '2')));
    expect(second?.createdAt).toBe(first?.createdAt);
  });

  it('functions() answers in the order of names', async () => {
    await place.store.commit(publish(draft('b', ''), draft('a/b', ''), draft('a', ''), draft('__init__', ''), draft('Z', '')));
    expect(names(await place.store.functions())).toEqual(['Z', '__init__', 'a', 'a/b', 'b']);
  });
}

/** `ifRevision`. */
export function expectations(place: Place): void {
  it('commit() takes ifRevision 0 for a function that is not there, and the live revision for one that is', async () => {
    await place.store.commit(publish(draft('a', '1', { ifRevision: 0 })));
    expect(numbers(await place.store.commit(publish(draft('a', '2', { ifRevision: 1 }))))).toEqual([2]);
  });

  it.each([0, 1, 3, -1])('commit() rejects with REVISION_CONFLICT when the live revision is 2, not %i', async (ifRevision) => {
    await place.store.commit(publish(draft('a', '1')));
    await place.store.commit(publish(draft('a', '2')));
    const error = await rejection(place.store.commit(publish(draft('a', '3', { ifRevision }))));
    expect(error).toMatchObject({ code: 'REVISION_CONFLICT', details: { name: 'a', current: 2, expected: ifRevision } });
    expect(numbers(await place.store.revisions('a'))).toEqual([2, 1]);
  });

  it('commit() rejects with REVISION_CONFLICT, current 0, for a name that was never published', async () => {
    const error = await rejection(place.store.commit(publish(draft('__proto__', '1', { ifRevision: 1 }))));
    expect(error).toMatchObject({ code: 'REVISION_CONFLICT', details: { name: '__proto__', current: 0, expected: 1 } });
    expect(await place.store.revisions('__proto__')).toEqual([]);
  });
}

/** All or nothing. */
export function batches(place: Place): void {
  it('commit() publishes and deletes in one change', async () => {
    await place.store.commit(publish(draft('old', '1'), draft('kept', '1')));
    await place.store.commit({ drafts: [draft('new', '1'), draft('kept', '2')], deleted: ['old'] });
    expect((await place.store.functions()).map(({ name, revision }) => [name, revision])).toEqual([
      ['kept', 2],
      ['new', 1],
    ]);
  });

  it.each<[string, Change]>([
    ['its last draft conflicts', publish(draft('a', 'x'), draft('new', 'x'), draft('b', 'x', { ifRevision: 7 }))],
    ['its first draft conflicts', publish(draft('b', 'x', { ifRevision: 7 }), draft('a', 'x'), draft('new', 'x'))],
    ['it deletes what is not there', { drafts: [draft('a', 'x'), draft('new', 'x')], deleted: ['b', 'missing'] }],
  ])('commit() leaves nothing behind when %s', async (_, change) => {
    await place.store.commit(publish(draft('a', '1'), draft('b', '1')));
    const before = await place.store.functions();
    await rejection(place.store.commit(change));
    const check = async (): Promise<void> => {
      expect(await place.store.functions()).toEqual(before);
      expect(numbers(await place.store.revisions('a'))).toEqual([1]);
      expect(await place.store.revisions('new')).toEqual([]);
    };
    await check();
    await place.reopen();
    await check();
    expect(numbers(await place.store.commit(publish(draft('a', '2'), draft('new', '1'))))).toEqual([2, 1]);
  });

  it('commit() takes a thousand functions at once, and functions() answers them', async () => {
    const drafts = Array.from({ length: 1000 }, (_, n) => draft(`f${String(n).padStart(4, '0')}`, `source ${n}`));
    const made = await place.store.commit(publish(...drafts));
    expect(names(made)).toEqual(drafts.map(({ name }) => name));
    expect(await place.store.functions()).toEqual(made);
  });
}
