import { expect, it } from 'vitest';
import { draft, type Place, publish, remove } from './place.ts';

/** Which revisions are live. */
export function liveRevisions(place: Place): void {
  const live = async (): Promise<unknown> =>
    (await place.store.live()).map(({ name, revision }) => `${name}@${revision}`).toSorted((a, b) => (a < b ? -1 : 1));

  it('live() is empty in a new store', async () => {
    expect(await place.store.live()).toEqual([]);
  });

  it('live() answers the name and revision of what is live, and nothing else', async () => {
    await place.store.commit(publish(draft('a', '1'), draft('gone', '1'), draft('__proto__', '1')));
    await place.store.commit(publish(draft('a', '2')));
    await place.store.commit(remove('gone'));
    expect(await live()).toEqual(['__proto__@1', 'a@2']);
    expect((await place.store.live()).find(({ name }) => name === 'a')).toEqual({ name: 'a', revision: 2 });
    await place.store.commit(publish(draft('gone', '2')));
    await place.reopen();
    expect(await live()).toEqual(['__proto__@1', 'a@2', 'gone@2']);
  });

  it('live() and functions() never see a part of a change', async () => {
    const sets = [
      ['a', 'b', 'c'],
      ['c', 'd', 'e', 'f'],
    ] as const;
    await place.store.commit(publish(...sets[0].map((name) => draft(name, '0'))));
    const committing = { done: false };
    const commits = (async () => {
      for (let n = 1; n <= 20; n += 1) {
        const [added, old] = n % 2 === 1 ? [sets[1], sets[0]] : [sets[0], sets[1]];
        const deleted = old.filter((name) => name !== 'c');
        await place.store.commit({ drafts: added.map((name) => draft(name, String(n))), deleted });
      }
    })().finally(() => {
      committing.done = true;
    });
    const seen = new Set<string>();
    while (!committing.done) {
      const [current, functions] = await Promise.all([place.store.live(), place.store.functions()]);
      for (const found of [current, functions])
        seen.add(
          found
            .map(({ name }) => name)
            .toSorted((a, b) => (a < b ? -1 : 1))
            .join(''),
        );
      expect(new Set(functions.map(({ source }) => source)).size).toBe(1);
    }
    await commits;
    expect([...seen].filter((names) => !['abc', 'cdef'].includes(names))).toEqual([]);
  });
}

/** What a store tells of itself. */
export function availability(place: Place): void {
  it('available is true in a store that was opened', async () => {
    expect(place.store.available).toBe(true);
  });

  it('watch() answers how to end it, which may be done twice, and never throws', async () => {
    const ends = [place.store.watch(() => {}), place.store.watch(() => {})];
    await place.store.commit(publish(draft('a', '1')));
    for (const end of [...ends, ...ends]) end();
    await place.store.commit(publish(draft('a', '2')));
    place.store.watch(() => {});
    await place.store.close();
    for (const end of ends) expect(end()).toBeUndefined();
  });
}
