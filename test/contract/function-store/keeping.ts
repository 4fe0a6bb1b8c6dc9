import { expect, it } from 'vitest';
import { draft, numbers, type Place, publish, rejection, remove } from './place.ts';

/** The settings of the host. */
export function settings(place: Place): void {
  it('setting() is undefined until putSetting() keeps one', async () => {
    expect(await place.store.setting('adminToken')).toBeUndefined();
    await place.store.putSetting('adminToken', 'scrypt:abc');
    expect(await place.store.setting('adminToken')).toBe('scrypt:abc');
  });

  it('putSetting() replaces, touches no other key and survives a restart', async () => {
    await place.store.putSetting('a', '1');
    await place.store.putSetting('b', '1');
    await place.store.putSetting('a', '2');
    const reopened = await place.reopen();
    expect([await reopened.setting('a'), await reopened.setting('b')]).toEqual(['2', '1']);
  });

  it.each(['', 'a\0b', '😀\n', '{"json":true}', 'x'.repeat(100_000)])('putSetting() keeps any value (case %#)', async (value) => {
    await place.store.putSetting('__proto__', value);
    expect(await place.store.setting('__proto__')).toBe(value);
  });
}

/** A setting that is made once. */
export function keptSettings(place: Place): void {
  it('keepSetting() keeps the first value and answers it ever after', async () => {
    expect(await place.store.keepSetting('secret', 'one')).toBe('one');
    expect(await place.store.keepSetting('secret', 'two')).toBe('one');
    const reopened = await place.reopen();
    expect(await reopened.keepSetting('secret', 'three')).toBe('one');
    expect(await reopened.setting('secret')).toBe('one');
  });

  it('keepSetting() answers one value to all who ask at once', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((value) => place.store.keepSetting('raced', value)));
    expect(new Set(answers).size).toBe(1);
    expect(await place.store.setting('raced')).toBe(answers[0]);
  });
}

/** What is there after the store was closed and opened. */
export function restarts(place: Place): void {
  it('functions() and history survive a restart', async () => {
    await place.store.commit(publish(draft('a', '1'), draft('b', '1', { methods: [], note: 'n' })));
    await place.store.commit(publish(draft('a', '2')));
    await place.store.commit(remove('b'));
    const live = await place.store.functions();
    const histories = await Promise.all(['a', 'b'].map((name) => place.store.revisions(name)));
    const reopened = await place.reopen();
    expect(await reopened.functions()).toEqual(live);
    expect(await Promise.all(['a', 'b'].map((name) => reopened.revisions(name)))).toEqual(histories);
    expect(numbers(await reopened.commit(publish(draft('a', '3'), draft('b', '2'))))).toEqual([3, 2]);
  });

  it('close() may be called twice, and a closed store refuses to commit', async () => {
    await place.store.close();
    await place.store.close();
    await expect(place.store.commit(publish(draft('a', '1')))).rejects.toBeInstanceOf(Error);
    expect(await (await place.reopen()).functions()).toEqual([]);
  });
}

/** Calls that overlap. */
export function concurrency(place: Place): void {
  it('commit() lets one of two win that saw the same revision', async () => {
    await place.store.commit(publish(draft('a', '1')));
    const outcomes = await Promise.allSettled(
      ['left', 'right'].map((source) => place.store.commit(publish(draft('a', source, { ifRevision: 1 })))),
    );
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(lost.map(({ reason }: { reason: unknown }) => reason)).toMatchObject([
      { code: 'REVISION_CONFLICT', details: { name: 'a', current: 2, expected: 1 } },
    ]);
    expect(numbers(await place.store.functions())).toEqual([2]);
  });

  it('commit() numbers overlapping changes without a gap, each whole', async () => {
    const sources = Array.from({ length: 5 }, (_, n) => String(n));
    await Promise.all(sources.map((source) => place.store.commit(publish(draft('a', source), draft('b', source)))));
    expect(numbers(await place.store.revisions('a'))).toEqual([5, 4, 3, 2, 1]);
    for (const revision of [1, 2, 3, 4, 5]) {
      const [a, b] = await Promise.all(['a', 'b'].map((name) => place.store.revision(name, revision)));
      expect(a?.source).toBe(b?.source);
    }
  });

  it('commit() that fails leaves one that overlaps it alone', async () => {
    const [failed, made] = await Promise.all([
      rejection(place.store.commit({ drafts: [draft('a', 'bad')], deleted: ['missing'] })),
      place.store.commit(publish(draft('a', 'good'))),
    ]);
    expect(failed.code).toBe('FUNCTION_NOT_FOUND');
    expect(await place.store.functions()).toEqual(made);
    expect(numbers(made)).toEqual([1]);
  });
}
