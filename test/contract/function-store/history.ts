import { expect, it } from 'vitest';
import { draft, historyLimit, names, numbers, type Place, publish, rejection, remove } from './place.ts';

/** What a deletion takes away and what it leaves. */
export function deletions(place: Place): void {
  it('commit() takes a deleted function out of functions() and keeps its history', async () => {
    const [made] = await place.store.commit(publish(draft('a', '1'), draft('b', '1')));
    expect(await place.store.commit(remove('a'))).toEqual([]);
    expect(names(await place.store.functions())).toEqual(['b']);
    expect(numbers(await place.store.revisions('a'))).toEqual([1]);
    expect(await place.store.revision('a', 1)).toEqual(made);
  });

  it('commit() counts on across deletions', async () => {
    for (const expected of [1, 2, 3]) {
      expect(numbers(await place.store.commit(publish(draft('a', 'x', { ifRevision: 0 }))))).toEqual([expected]);
      await place.store.commit(remove('a'));
    }
    expect(numbers(await place.store.revisions('a'))).toEqual([3, 2, 1]);
  });

  it('commit() takes a deleted function for one that is not there: its ifRevision is 0', async () => {
    await place.store.commit(publish(draft('a', '1')));
    await place.store.commit(remove('a'));
    const error = await rejection(place.store.commit(publish(draft('a', '2', { ifRevision: 1 }))));
    expect(error).toMatchObject({ code: 'REVISION_CONFLICT', details: { name: 'a', current: 0, expected: 1 } });
  });

  it('commit() rejects with FUNCTION_NOT_FOUND when it deletes what was never there', async () => {
    const error = await rejection(place.store.commit(remove('constructor')));
    expect(error).toMatchObject({ code: 'FUNCTION_NOT_FOUND', details: { name: 'constructor' } });
  });

  it('commit() rejects with FUNCTION_NOT_FOUND when it deletes what is deleted', async () => {
    await place.store.commit(publish(draft('a', '1')));
    await place.store.commit(remove('a'));
    expect((await rejection(place.store.commit(remove('a')))).code).toBe('FUNCTION_NOT_FOUND');
  });
}

/** What a history shows and how far back it goes. */
export function histories(place: Place): void {
  it('revisions() answers summaries, newest first', async () => {
    const [first] = await place.store.commit(publish(draft('a', 'Grüße 😀', { methods: ['GET'], note: 'one' })));
    const [second] = await place.store.commit(publish(draft('a', '')));
    expect(await place.store.revisions('a')).toStrictEqual([
      { name: 'a', revision: 2, methods: undefined, note: '', createdAt: second?.createdAt, size: 0 },
      { name: 'a', revision: 1, methods: ['GET'], note: 'one', createdAt: first?.createdAt, size: Buffer.byteLength('Grüße 😀') },
    ]);
  });

  it('revisions() is empty and revision() undefined for what is not there', async () => {
    await place.store.commit(publish(draft('a', '1')));
    expect(await place.store.revisions('__proto__')).toEqual([]);
    expect(await place.store.revision('b', 1)).toBeUndefined();
    for (const revision of [-1, 0, 2, 1.5, Number.MAX_SAFE_INTEGER]) expect(await place.store.revision('a', revision)).toBeUndefined();
  });

  it('commit() keeps the newest historyLimit revisions of each function', async () => {
    await place.store.commit(publish(draft('other', '1')));
    for (let n = 1; n <= historyLimit + 3; n += 1) await place.store.commit(publish(draft('a', String(n))));
    const kept = await place.store.revisions('a');
    expect(numbers(kept).slice(0, historyLimit)).toEqual([8, 7, 6, 5, 4]);
    for (const { revision } of kept) expect((await place.store.revision('a', revision))?.source).toBe(String(revision));
    expect(numbers(await place.store.revisions('other'))).toEqual([1]);
  });

  it('commit() keeps the live revision even when historyLimit is 1', async () => {
    const store = await place.reopen(1);
    await store.commit(publish(draft('a', '1')));
    await store.commit(publish(draft('a', '2')));
    await store.commit(remove('a'));
    await store.commit(publish(draft('a', '3')));
    expect((await store.functions()).map(({ revision, source }) => [revision, source])).toEqual([[3, '3']]);
    expect(numbers(await store.revisions('a'))[0]).toBe(3);
  });
}

/** What a newer builder makes of revisions that exist. */
export function recompilations(place: Place): void {
  const compiled = { code: 'new js', map: 'new map', builder: 'test-2' };

  it('saveCompiled() replaces what was compiled and nothing else', async () => {
    const made = await place.store.commit(publish(draft('a', '1', { note: 'n', methods: ['GET'] }), draft('b', '1')));
    const history = await place.store.revisions('a');
    await place.store.saveCompiled(made.slice(0, 1).map((revision) => ({ ...revision, source: 'not this', note: 'nor this', compiled })));
    const reopened = await place.reopen();
    expect(await reopened.functions()).toEqual([{ ...made[0], compiled }, made[1]]);
    expect(await reopened.revisions('a')).toEqual(history);
  });

  it('saveCompiled() makes neither a function live nor a revision that is not there', async () => {
    const [made] = await place.store.commit(publish(draft('a', '1')));
    await place.store.commit(remove('a'));
    if (made) await place.store.saveCompiled([made, { ...made, revision: 2 }, { ...made, name: 'b' }].map((one) => ({ ...one, compiled })));
    expect(await place.store.functions()).toEqual([]);
    expect(await place.store.revisions('b')).toEqual([]);
    expect(await place.store.revision('a', 2)).toBeUndefined();
    expect((await place.store.revision('a', 1))?.compiled).toEqual(compiled);
  });
}
