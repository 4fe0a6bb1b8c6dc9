import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HearthError } from '../../../runtime/kernel/errors.ts';
import type { FunctionStore } from '../../../runtime/kernel/ports/function-store.ts';
import { openMongoStore } from '../../../runtime/adapters/store/mongodb/mongodb-store.ts';
import { draft, publish, rejection } from '../../contract/function-store/place.ts';
import { createCounter, MongoPlace, Wire, withoutMongod } from './mongodb-place.ts';

const skipped = withoutMongod();
let place: MongoPlace;

beforeAll(async () => {
  if (!skipped) place = await MongoPlace.start();
});

afterAll(() => place?.[Symbol.asyncDispose]());

/** Resolves when the store is available, or no longer is. */
async function becomes(store: FunctionStore, available: boolean): Promise<void> {
  const told = createCounter();
  const end = store.watch(() => told.count());
  await told.until(() => store.available === available);
  end();
}

async function refusals(store: FunctionStore): Promise<void> {
  const calls = [store.live(), store.functions(), store.revisions('a'), store.revision('a', 1), store.setting('a')];
  const writes = [store.commit(publish(draft('a', 'x'))), store.putSetting('a', 'x')];
  for (const call of [...calls, ...writes]) expect((await rejection(call)).code).toBe('STORE_UNAVAILABLE');
}

describe.skipIf(skipped)('the store on MongoDB', () => {
  it('loses no acknowledged commit to kill -9 of mongod, says so meanwhile, and comes back by itself', async () => {
    const uri = place.uri();
    const [writer, reader] = await Promise.all([place.open(uri, { historyLimit: 100_000 }), place.open(uri)]);
    const told = createCounter();
    reader.watch(() => told.count());
    const acknowledged = new Set<number>();
    const progress = createCounter();
    const run = { ended: false };
    const writing = (async () => {
      while (!run.ended) {
        try {
          const made = await writer.commit(publish(draft('a', 'x'.repeat(20_000)), draft('b', 'y'.repeat(20_000))));
          expect(made[0]?.revision).toBe(made[1]?.revision);
          acknowledged.add(made[0]?.revision ?? 0);
          progress.count();
        } catch (error) {
          if (!(error instanceof HearthError && error.code === 'STORE_UNAVAILABLE')) throw error;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const { size } = acknowledged;
      await progress.until(() => acknowledged.size > size + 20);
      await place.mongod.kill();
      await Promise.all([becomes(writer, false), becomes(reader, false)]);
      await refusals(reader);
      await place.mongod.restart();
      await told.until(async () => reader.available && Math.max(...(await reader.live()).map(({ revision }) => revision)) > size);
    }
    run.ended = true;
    await writing;
    const last = (await writer.live())[0]?.revision ?? 0;
    await told.until(async () => reader.available && (await reader.live())[0]?.revision === last);
    const [a, b] = await reader.functions();
    expect([a?.revision, b?.revision]).toEqual([last, last]);
    const kept = new Set((await reader.revisions('a')).map(({ revision }) => revision));
    expect([...kept].toSorted((x, y) => x - y)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
    expect([...acknowledged].filter((revision) => !kept.has(revision))).toEqual([]);
  });

  it('openMongoStore() waits for a mongod that is not there yet, and says why at once', async () => {
    const uri = place.uri().replace('//', '//user:hunter2hunter2@');
    await place.mongod.kill();
    const reasons: string[] = [];
    const waiting = createCounter();
    const onWaiting = (reason: string): void => {
      reasons.push(reason);
      waiting.count();
    };
    const opening = place.open(uri.replace('user:hunter2hunter2@', ''), { onWaiting });
    const aborted = new AbortController();
    const given = rejectedBy(openMongoStore({ uri, historyLimit: 1, onWaiting, signal: aborted.signal }));
    await waiting.until(() => reasons.length >= 2);
    aborted.abort(new Error('enough'));
    expect(await given).toBe('enough');
    expect(reasons[0]).toMatch(/ECONNREFUSED.*\.$/);
    expect(reasons.join('')).not.toContain('hunter2');
    await place.mongod.restart();
    const store = await opening;
    expect(store.available).toBe(true);
    expect(await store.live()).toEqual([]);
  });

  it('rejects in time and without waiting when the way to mongod is dead, and takes it up when it lives', async () => {
    await using wire = await Wire.to(place.mongod);
    const log: string[] = [];
    const store = await openMongoStore({ uri: wire.uri(), historyLimit: 5, log: (level, message) => log.push(`${level} ${message}`) });
    onTestFinished(() => store.close());
    await store.commit(publish(draft('a', '1')));
    const told = createCounter();
    store.watch(() => told.count());
    await told.until(() => told.calls > 0);
    wire.freeze(true);
    const stuck = await Promise.all([rejection(store.live()), rejection(store.commit(publish(draft('a', '2')))), becomes(store, false)]);
    expect(stuck.slice(0, 2).map((error) => error?.code)).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);
    await refusals(store);
    wire.freeze(false);
    await told.until(() => store.available);
    const revision = (await store.commit(publish(draft('a', '3'))))[0]?.revision ?? 0;
    expect([2, 3]).toContain(revision);
    expect(log.map((line) => line.split(' ')[0])).toEqual(['warn', 'info']);
  });

  it('rejects a large commit that stalls, and holds nothing up after it', async () => {
    await using wire = await Wire.to(place.mongod);
    const store = await openMongoStore({ uri: wire.uri(), historyLimit: 5 });
    onTestFinished(() => store.close());
    const told = createCounter();
    store.watch(() => told.count());
    for (let n = 0; n < 2; n += 1) {
      // Large enough that no buffer between here and mongod takes it all.
      const drafts = ['a', 'b'].map((name) => draft(name, 'x'.repeat(14_000_000), { compiled: { code: '', map: '', builder: 'test' } }));
      const commit = rejection(store.commit(publish(...drafts)));
      await wire.carried(4_000_000);
      wire.freeze(true);
      expect((await commit).code).toBe('STORE_UNAVAILABLE');
      wire.freeze(false);
      await told.until(() => store.available);
      await store.commit(publish(draft('a', '1'), draft('b', '1')));
    }
  });

  it('watch() goes on over 50 broken connections, and leaves nothing behind', async () => {
    await using wire = await Wire.to(place.mongod);
    const uri = wire.uri();
    const store = await openMongoStore({ uri, historyLimit: 5 });
    onTestFinished(() => store.close());
    const other = await place.open(place.mongod.uri(new URL(uri).pathname.slice(1)));
    const told = createCounter();
    store.watch(() => told.count());
    await told.until(() => told.calls > 0);
    const resources = (): number => process.getActiveResourcesInfo().length;
    const counts: number[] = [];
    for (let n = 1; n <= 50; n += 1) {
      wire.cut();
      await other.commit(publish(draft('a', String(n))));
      await told.until(async () => store.available && (await store.live().catch(() => []))[0]?.revision === n);
      counts.push(resources());
    }
    expect(Math.max(...counts.slice(-10))).toBeLessThan(Math.max(...counts.slice(0, 10)) + 20);
  });

  it('close() ends while mongod is away', async () => {
    await using wire = await Wire.to(place.mongod);
    const store = await openMongoStore({ uri: wire.uri(), historyLimit: 5 });
    store.watch(() => {});
    wire.freeze(true);
    const call = rejectedBy(store.live());
    await store.close();
    expect(await call).toBe('The store is closed.');
  });
});

async function rejectedBy(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
