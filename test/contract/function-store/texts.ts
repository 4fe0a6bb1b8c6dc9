import { expect, it } from 'vitest';
import { draft, names, numbers, type Place, publish } from './place.ts';

/** What is kept is what was given. */
export function texts(place: Place): void {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a.b', 'a/b/c', '0', 'x'.repeat(256)])(
    'commit() takes the name %s as any other',
    async (name) => {
      await place.store.commit(publish(draft(name, 'one')));
      await place.store.commit(publish(draft(name, 'two', { ifRevision: 1 })));
      const reopened = await place.reopen();
      expect(names(await reopened.functions())).toEqual([name]);
      expect(numbers(await reopened.revisions(name))).toEqual([2, 1]);
      expect((await reopened.revision(name, 1))?.source).toBe('one');
    },
  );

  it('names differ by case', async () => {
    await place.store.commit(publish(draft('hello', 'small'), draft('Hello', 'large')));
    expect((await place.store.functions()).map(({ source }) => source)).toEqual(['large', 'small']);
  });

  it.each([
    ['empty', ''],
    ['a NUL inside', 'before\0after'],
    ['a byte order mark', '\uFEFFexport default 1'],
    ['every line end', 'a\nb\r\nc\rd\u2028e\u2029'],
    ['several scripts', 'Grüße, γειά, 你好, שלום, 👩‍👩‍👧‍👦, e\u0301 \u00e9 \uFFFF'],
    ['512 KB', 'ü∑😀 x'.repeat(51_200)],
  ])('texts come back exactly: %s', async (_, text) => {
    const given = draft('a', text, { note: text, compiled: { code: text, map: text, builder: 'test-1' } });
    const [made] = await place.store.commit(publish(given));
    const kept = await (await place.reopen()).revision('a', 1);
    expect(kept).toEqual(made);
    expect(kept?.source).toBe(text);
    expect(kept?.note).toBe(text);
    expect(kept?.compiled).toEqual(given.compiled);
  });

  it('a lone surrogate becomes U+FFFD, in the answer of commit() too', async () => {
    const [made] = await place.store.commit(publish(draft('a', '\uD800x\uDC00')));
    expect(made?.source).toBe('\uFFFDx\uFFFD');
    expect(await place.store.revision('a', 1)).toEqual(made);
  });

  it('methods come back as given: all, some or none', async () => {
    const given = [undefined, ['GET', 'x-"\\ü'], []];
    await place.store.commit(publish(...given.map((methods, at) => draft(`f${at}`, '', { methods }))));
    expect((await place.store.functions()).map(({ methods }) => methods)).toEqual(given);
  });
}
