import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HearthError } from '../../../runtime/kernel/errors.ts';
import type { FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';
import { draft, numbers, publish, remove } from '../../contract/function-store/place.ts';
import { createCounter, MongoPlace, withoutMongod } from './mongodb-place.ts';

const skipped = withoutMongod();
let place: MongoPlace;

beforeAll(async () => {
  if (!skipped) place = await MongoPlace.start();
});

afterAll(() => place?.[Symbol.asyncDispose]());

describe.skipIf(skipped)('two hosts on one database', () => {
  let left: FunctionStore;
  let right: FunctionStore;

  beforeEach(async () => {
    const uri = place.uri();
    [left, right] = await Promise.all([place.open(uri, { historyLimit: 1_000 }), place.open(uri, { historyLimit: 1_000 })]);
  });

  /** The conflict that a commit lost by, or undefined when it won. */
  async function conflictOf(commit: Promise<unknown>): Promise<HearthError | undefined> {
    try {
      await commit;
      return undefined;
    } catch (error) {
      if (error instanceof HearthError && error.code === 'REVISION_CONFLICT') return error;
      throw error;
    }
  }

  it('commit() numbers 500 interleaved publishes of one function without a gap', async () => {
    const publishes = async (store: FunctionStore, host: string): Promise<number[]> => {
      const made: number[] = [];
      for (let n = 0; n < 250; n += 1) made.push(...numbers(await store.commit(publish(draft('a', `${host}${n}`)))));
      return made;
    };
    const [one, two] = await Promise.all([publishes(left, 'left'), publishes(right, 'right')]);
    const all = Array.from({ length: 500 }, (_, n) => n + 1);
    expect([...one, ...two].toSorted((a, b) => a - b)).toEqual(all);
    expect(one).toEqual(one.toSorted((a, b) => a - b));
    const history = await left.revisions('a');
    expect(numbers(history).toReversed()).toEqual(all);
    expect(history.map(({ createdAt }) => createdAt)).toEqual(history.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a));
    expect((await left.revision('a', two[0] ?? 0))?.source).toBe('right0');
  });

  it('commit() lets one host win each race for a revision', async () => {
    for (let n = 0; n < 50; n += 1) {
      const conflicts = await Promise.all(
        [left, right].map((store) => conflictOf(store.commit(publish(draft('a', String(n), { ifRevision: n }), draft('b', String(n)))))),
      );
      const lost = conflicts.filter((conflict) => conflict !== undefined);
      expect(lost.map(({ details }) => details)).toEqual([{ name: 'a', current: n + 1, expected: n }]);
    }
    expect(await right.live()).toEqual([
      { name: 'a', revision: 50 },
      { name: 'b', revision: 50 },
    ]);
  });

  it('commit() lets one host win each race to delete', async () => {
    for (let n = 0; n < 20; n += 1) {
      await left.commit(publish(draft('a', String(n))));
      const outcomes = await Promise.allSettled([left, right].map((store) => store.commit(remove('a'))));
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost.map(({ reason }: { reason: unknown }) => reason)).toMatchObject([{ code: 'FUNCTION_NOT_FOUND' }]);
    }
  });

  it('live() and functions() never see a part of what the other host commits', async () => {
    const sets = [
      ['a', 'b', 'c'],
      ['c', 'd', 'e', 'f'],
    ] as const;
    const committing = { done: false };
    await left.commit(publish(...sets[0].map((name) => draft(name, '0'))));
    const commits = (async () => {
      for (let n = 1; n <= 40; n += 1) {
        const [added, old] = n % 2 === 1 ? [sets[1], sets[0]] : [sets[0], sets[1]];
        await left.commit({ drafts: added.map((name) => draft(name, String(n))), deleted: old.filter((name) => name !== 'c') });
      }
    })().finally(() => {
      committing.done = true;
    });
    const seen = new Set<string>();
    while (!committing.done) {
      const [live, functions] = await Promise.all([right.live(), right.functions()]);
      for (const found of [live, functions])
        seen.add(
          found
            .map(({ name }) => name)
            .toSorted((a, b) => (a < b ? -1 : 1))
            .join(''),
        );
      expect(new Set(functions.map(({ source }) => source)).size).toBe(1);
    }
    await commits;
    expect([...seen].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['abc', 'cdef']);
  });

  it('live() and functions() are of one moment also when they take several batches', async () => {
    const drafts = Array.from({ length: 400 }, (_, n) => draft(`f${n}`, 'x'));
    await left.commit(publish(...drafts));
    const committing = { done: false };
    const commits = (async () => {
      for (let n = 0; n < 15; n += 1) await left.commit(publish(...drafts));
    })().finally(() => {
      committing.done = true;
    });
    let reads = 0;
    while (!committing.done) {
      const found = await Promise.all([right.live(), right.functions()]);
      expect(found.map((functions) => new Set(numbers([...functions])).size)).toEqual([1, 1]);
      reads += 1;
    }
    await commits;
    expect(reads).toBeGreaterThan(5);
  });

  it('watch() tells each host of what the other commits, and live() then has it', async () => {
    const told = createCounter();
    const end = right.watch(() => told.count());
    await told.until(() => told.calls > 0);
    for (let n = 1; n <= 100; n += 1) {
      await left.commit(publish(draft('a', String(n))));
      await told.until(async () => (await right.live())[0]?.revision === n);
    }
    const { calls } = told;
    end();
    await left.commit(publish(draft('a', 'unseen')));
    expect(await right.live()).toEqual([{ name: 'a', revision: 101 }]);
    expect(told.calls).toBe(calls);
  });

  it('watch() serves many listeners, each until it ends, and begins again after the last', async () => {
    const counters = Array.from({ length: 5 }, () => createCounter());
    const ends = counters.map((counter) => right.watch(() => counter.count()));
    await Promise.all(counters.map((counter) => counter.until(() => counter.calls > 0)));
    const seen = counters.map(({ calls }) => calls);
    ends[0]?.();
    await left.commit(publish(draft('a', '1')));
    await Promise.all(counters.slice(1).map((counter, at) => counter.until(() => counter.calls > (seen[at + 1] ?? 0))));
    expect(counters[0]?.calls).toBe(seen[0]);
    for (const end of ends) end();
    const again = createCounter();
    right.watch(() => again.count());
    await again.until(() => again.calls > 0);
    const { calls } = again;
    await left.commit(publish(draft('a', '2')));
    await again.until(() => again.calls > calls);
  });

  it('watch() tells of a batch in few calls', async () => {
    const told = createCounter();
    right.watch(() => told.count());
    await told.until(() => told.calls > 0);
    const { calls } = told;
    await left.commit(publish(...Array.from({ length: 300 }, (_, n) => draft(`f${n}`, ''))));
    await told.until(async () => told.calls > calls && (await right.live()).length === 300);
    expect(told.calls - calls).toBeLessThan(30);
  });

  it('putSetting() of both hosts at once leaves one of the values', async () => {
    for (let n = 0; n < 20; n += 1) {
      await Promise.all([left.putSetting(`key${n}`, 'left'), right.putSetting(`key${n}`, 'right')]);
      const value = await left.setting(`key${n}`);
      expect(['left', 'right']).toContain(value);
      expect(await right.setting(`key${n}`)).toBe(value);
    }
  });
});
