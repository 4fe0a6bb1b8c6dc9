import { expect, it } from 'vitest';
import type { Revision } from '../../../runtime/kernel/functions/revision.ts';
import type { Change, History, SourceRevision } from '../../../runtime/kernel/ports/function-store.ts';
import { draft, historyLimit, numbers, type Place, publish, rejection, remove } from './place.ts';

function revision(name: string, number: number, more: Partial<Revision> = {}): Revision {
  const { source, methods, note, compiled } = draft(name, `${name} ${number}`);
  return { name, source, methods, note, compiled, revision: number, createdAt: 1_000 + number, ...more };
}

function history(name: string, given: readonly number[], more: Partial<History> = {}): History {
  const last = given.at(-1) ?? 0;
  return { name, live: last, last, ifLast: 0, revisions: given.map((number) => revision(name, number)), ...more };
}

function adopt(...histories: readonly History[]): Change {
  return { drafts: [], deleted: [], histories };
}

async function whole(place: Place, name: string): Promise<SourceRevision[]> {
  const found: SourceRevision[] = [];
  for (;;) {
    const page = await place.store.history(name, found.at(-1)?.revision ?? 0);
    if (page.length === 0) return found;
    found.push(...page);
  }
}

/** Whole histories: as they are read, and as they are taken over. */
export function adoptions(place: Place): void {
  it('heads() answers live and deleted functions in the order of names', async () => {
    expect(await place.store.heads()).toEqual([]);
    await place.store.commit(publish(draft('b', '1'), draft('__proto__', '1'), draft('Z', '1')));
    await place.store.commit(publish(draft('b', '2')));
    await place.store.commit(remove('Z'));
    expect(await place.store.heads()).toEqual([
      { name: 'Z', live: null, last: 1 },
      { name: '__proto__', live: 1, last: 1 },
      { name: 'b', live: 2, last: 2 },
    ]);
  });

  it('history() answers page by page, oldest first, without what is compiled', async () => {
    const given = Array.from({ length: 100 }, (_, at) => at + 1);
    await place.store.commit(adopt(history('a', given), history('b', [1])));
    const { compiled: _, ...first } = revision('a', 1);
    expect((await place.store.history('a', 0))[0]).toStrictEqual(first);
    expect(numbers(await whole(place, 'a'))).toEqual(given);
    expect(numbers(await place.store.history('a', 98))).toEqual([99, 100]);
    expect(await place.store.history('a', 100)).toEqual([]);
    expect(await place.store.history('nobody', 0)).toEqual([]);
  });

  it('commit() takes a history over exactly, beyond historyLimit, and a publish goes on after its last', async () => {
    const given = Array.from({ length: historyLimit + 4 }, (_, at) => at + 3);
    const odd = revision('a', 3, { note: 'Grüße\0😀', methods: ['GET'], createdAt: 5 });
    const taken = history('a', given, { last: 20, live: 7 });
    await place.store.commit(adopt({ ...taken, revisions: [odd, ...taken.revisions.slice(1)] }));
    const reopened = await place.reopen();
    expect(await reopened.heads()).toEqual([{ name: 'a', live: 7, last: 20 }]);
    expect(await reopened.functions()).toEqual([revision('a', 7)]);
    expect(await reopened.revision('a', 3)).toEqual(odd);
    expect(numbers(await whole(place, 'a'))).toEqual(given);
    expect(numbers(await reopened.commit(publish(draft('a', 'new', { ifRevision: 7 }))))).toEqual([21]);
  });

  it('commit() takes a deleted function over, and one without revisions', async () => {
    await place.store.commit(adopt(history('gone', [1, 2], { live: null }), history('empty', [], { live: null, last: 4 })));
    expect(await place.store.functions()).toEqual([]);
    expect(numbers(await place.store.revisions('gone'))).toEqual([2, 1]);
    expect(numbers(await place.store.commit(publish(draft('gone', 'x', { ifRevision: 0 }), draft('empty', 'x'))))).toEqual([3, 5]);
  });

  it('commit() leaves nothing of what a history takes the place of', async () => {
    for (const source of ['1', '2', '3']) await place.store.commit(publish(draft('a', source), draft('other', source)));
    await place.store.commit(adopt(history('a', [1, 9], { ifLast: 3 })));
    expect((await whole(place, 'a')).map(({ source }) => source)).toEqual(['a 1', 'a 9']);
    expect(await place.store.live()).toEqual(
      expect.arrayContaining([
        { name: 'a', revision: 9 },
        { name: 'other', revision: 3 },
      ]),
    );
  });

  it.each<[string, number]>([
    ['a', 0],
    ['a', 2],
    ['new', 1],
  ])('commit() rejects with REVISION_CONFLICT when ifLast of %s is not %i, and changes nothing', async (name, ifLast) => {
    await place.store.commit(publish(draft('a', '1')));
    const before = await place.store.functions();
    const change = { ...adopt(history('b', [1]), history(name, [1, 2, 3], { ifLast })), settings: new Map([['s', 'new']]) };
    const error = await rejection(place.store.commit({ ...change, drafts: [draft('c', '1')] }));
    expect(error).toMatchObject({ code: 'REVISION_CONFLICT', details: { name, current: name === 'a' ? 1 : 0, expected: ifLast } });
    expect(await place.store.functions()).toEqual(before);
    expect(await place.store.heads()).toHaveLength(1);
    expect(await place.store.setting('s')).toBeUndefined();
  });

  it('commit() publishes, deletes, takes over and keeps settings in one change', async () => {
    await place.store.commit(publish(draft('old', '1')));
    await place.store.putSetting('kept', '1');
    const settings = new Map([
      ['kept', '2'],
      ['__proto__', 'x'],
    ]);
    const made = await place.store.commit({ drafts: [draft('a', '1')], deleted: ['old'], histories: [history('b', [4])], settings });
    expect(numbers(made)).toEqual([1]);
    expect((await place.store.functions()).map((one) => [one.name, one.revision])).toEqual([
      ['a', 1],
      ['b', 4],
    ]);
    expect([await place.store.setting('kept'), await place.store.setting('__proto__')]).toEqual(['2', 'x']);
    await place.store.commit({ drafts: [], deleted: [], settings: new Map([['kept', '3']]) });
    expect(await place.store.setting('kept')).toBe('3');
  });
}
