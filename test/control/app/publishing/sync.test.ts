import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../../runtime/adapters/store/sqlite/sqlite-store.ts';
import { LiveCatalog } from '../../../../runtime/control/app/publishing/catalog.ts';
import { Deployments } from '../../../../runtime/control/app/publishing/deployment.ts';
import { StoreSync } from '../../../../runtime/control/app/publishing/sync.ts';
import { Quarantine } from '../../../../runtime/control/app/workers/quarantine.ts';
import { HearthError } from '../../../../runtime/kernel/errors.ts';
import type { FunctionStore } from '../../../../runtime/kernel/ports/function-store.ts';
import { createFunctionHost, type FunctionHost } from '../../../worker/functions/host.ts';
import { InProcessWorkers } from './workers.ts';

let dir: string;
let host: FunctionHost;
let store: FunctionStore;
let catalog: LiveCatalog;
let deployments: Deployments;
let sync: StoreSync;
let lines: string[];
/** What the store's `live()` rejects with, once each. */
let failures: Error[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-sync-'));
  host = createFunctionHost();
  store = await openSqliteStore({ dir, historyLimit: 100 });
  failures = [];
  const real = store.live.bind(store);
  store.live = async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return real();
  };
  catalog = new LiveCatalog([]);
  lines = [];
  const log = (_level: string, message: string): void => void lines.push(message);
  deployments = new Deployments({ workers: new InProcessWorkers(host), catalog, quarantine: new Quarantine(async () => []), log });
  sync = new StoreSync({ builder: host.builder, store, catalog, deployments, log });
});

afterEach(async () => {
  sync.close();
  await deployments.idle();
  await store.close();
  await host.close();
  await rm(dir, { recursive: true });
});

/** What another host on the same store does. */
async function elsewhere(sources: Readonly<Record<string, string>>, deleted: readonly string[] = [], builder?: string): Promise<void> {
  const drafts = await Promise.all(
    Object.entries(sources).map(async ([name, source]) => {
      const { compiled } = await host.builder.build({ name, source });
      return { name, source, methods: undefined, note: '', compiled: { ...compiled, ...(builder !== undefined && { builder }) } };
    }),
  );
  await store.commit({ drafts, deleted });
}

const answering = (text: string): string => `export default () => '${text}';`;

/** What is live here, by name: its revision and its answer. */
function live(): Record<string, string> {
  return Object.fromEntries(catalog.list().map(({ name, revision }) => [name, `${revision} ${String(host.call(name).answer)}`]));
}

describe('StoreSync', () => {
  it('start() makes live what another host has published before', async () => {
    await elsewhere({ a: answering('A'), b: answering('B') });
    await sync.start();
    expect(live()).toEqual({ a: '1 A', b: '1 B' });
    expect(lines).toEqual(['took over from another host: a#1, b#1']);
  });

  it('request() takes over new revisions and deletions, together', async () => {
    await elsewhere({ a: answering('A'), b: answering('B') });
    await sync.start();
    await elsewhere({ a: answering('A2') }, ['b']);
    sync.request();
    await expect.poll(live).toEqual({ a: '2 A2' });
  });

  it('does nothing when the store has what is live here', async () => {
    await elsewhere({ a: answering('A') });
    await sync.start();
    lines.length = 0;
    sync.request();
    sync.request();
    await deployments.inTurn(async () => {});
    expect(lines).toEqual([]);
  });

  it('keeps the revision of a function that does not load here, takes the others, and lists it until another is published', async () => {
    await elsewhere({ a: answering('A'), b: answering('B') });
    await sync.start();
    await elsewhere({ a: "throw new Error('not here');", b: answering('B2') });
    sync.request();
    await expect.poll(live).toEqual({ a: '1 A', b: '2 B2' });
    expect(sync.list()).toMatchObject([{ name: 'a', revision: 2, kept: 1 }]);
    await elsewhere({ a: answering('A3') });
    sync.request();
    await expect.poll(live).toEqual({ a: '3 A3', b: '2 B2' });
    expect(sync.list()).toEqual([]);
  });

  it('takes a revision that was published although it does not load, which loads here when its time has come', async () => {
    await elsewhere({ a: answering('A') });
    await sync.start();
    const late = 'const { key } = (globalThis as any).syncedState;\nexport default () => key;';
    const loadError = { function: 'a', line: 1, column: 9, message: 'TypeError', lineText: '' };
    const { compiled } = await host.builder.build({ name: 'a', source: late });
    await store.commit({ drafts: [{ name: 'a', source: late, methods: undefined, note: '', compiled, loadError }], deleted: [] });
    sync.request();
    await expect.poll(() => catalog.get('a')?.revision).toBe(2);
    expect(sync.list()).toEqual([]);
    Reflect.set(globalThis, 'syncedState', { key: 'K' });
    try {
      expect(live()).toEqual({ a: '2 K' });
    } finally {
      Reflect.deleteProperty(globalThis, 'syncedState');
    }
  });

  it('compiles anew what a host of another version has compiled', async () => {
    await elsewhere({ a: answering('A') }, [], 'esbuild@0.0.1');
    await sync.start();
    expect(catalog.get('a')?.compiled.builder).toBe(host.builder.tag);
    expect(live()).toEqual({ a: '1 A' });
  });

  it('tries again while the store is away, in silence, and by itself', async () => {
    failures = [new HearthError('STORE_UNAVAILABLE', { reason: 'away' }), new Error('odd')];
    await elsewhere({ a: answering('A') });
    await sync.start();
    expect(live()).toEqual({});
    await expect.poll(live).toEqual({ a: '1 A' });
    expect(lines).toEqual(['changes published by other hosts could not be applied, trying again: odd', 'took over from another host: a#1']);
  });
});
