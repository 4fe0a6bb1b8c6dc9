import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveCatalog } from '../../../../runtime/control/app/publishing/catalog.ts';
import { Deployments } from '../../../../runtime/control/app/publishing/deployment.ts';
import { Publisher } from '../../../../runtime/control/app/publishing/publisher.ts';
import { Quarantine } from '../../../../runtime/control/app/workers/quarantine.ts';
import { InProcessWorkers } from './workers.ts';
import { HearthError } from '../../../../runtime/kernel/errors.ts';
import type { FunctionStore } from '../../../../runtime/kernel/ports/function-store.ts';
import { openSqliteStore } from '../../../../runtime/adapters/store/sqlite/sqlite-store.ts';
import { createFunctionHost, type FunctionHost } from '../../../worker/functions/host.ts';

const createQuarantine = (): Quarantine => new Quarantine(async () => []);

let dir: string;
let host: FunctionHost;
let store: FunctionStore;
let catalog: LiveCatalog;
let workers: InProcessWorkers;
let deployments: Deployments;
let publisher: Publisher;
let lines: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-publisher-'));
  host = createFunctionHost();
  store = await openSqliteStore({ dir, historyLimit: 100 });
  catalog = new LiveCatalog([]);
  workers = new InProcessWorkers(host);
  lines = [];
  const log = (_: string, message: string): void => void lines.push(message);
  deployments = new Deployments({ workers, catalog, quarantine: createQuarantine(), log });
  publisher = new Publisher({ builder: host.builder, store, catalog, deployments });
});

afterEach(async () => {
  await deployments.idle();
  await store.close();
  await host.close();
  await rm(dir, { recursive: true });
});

const answering = (text: string): string => `export default () => '${text}';`;

function publish(functions: Readonly<Record<string, string>>, deleted: readonly string[] = []) {
  return publisher.publish({ functions: Object.entries(functions).map(([name, source]) => ({ name, source })), deleted });
}

async function refusal(publishing: Promise<unknown>): Promise<HearthError> {
  const error: unknown = await publishing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof HearthError) return error;
  throw new Error('It was not refused.');
}

/** What is live: in the worker, in the catalog and in the store, which must agree. */
async function live(): Promise<Record<string, unknown>> {
  const stored = await store.functions();
  expect(catalog.list()).toEqual(stored);
  expect(host.registry.size).toBe(stored.length);
  for (const { name, revision } of stored) expect(host.registry.get(name)?.revision).toBe(revision);
  return Object.fromEntries(stored.map(({ name }) => [name, host.call(name).answer]));
}

describe('publish()', () => {
  it('makes a batch live and answers revisions in the order of the edits', async () => {
    expect(await publish({ b: answering('B'), a: answering('A') })).toEqual([
      { name: 'b', revision: 1, created: true, diagnostics: [] },
      { name: 'a', revision: 1, created: true, diagnostics: [] },
    ]);
    expect(await publish({ a: answering('A2') })).toMatchObject([{ name: 'a', revision: 2, created: false }]);
    expect(await live()).toEqual({ a: 'A2', b: 'B' });
    expect(lines).toEqual(['published b#1, a#1', 'published a#2']);
  });

  it('deletes, and counts on when the name comes back', async () => {
    await publish({ a: answering('A') });
    await publish({ b: answering('B') }, ['a']);
    expect(await live()).toEqual({ b: 'B' });
    expect(await publish({ a: answering('again') })).toMatchObject([{ revision: 2, created: true }]);
    expect(await live()).toEqual({ a: 'again', b: 'B' });
    expect(workers.steps.at(-2)).toBe('stage 3 a#1');
  });

  it('keeps the methods of the live function unless the edit has some, or null', async () => {
    const methodsAfter = async (edit: { methods?: readonly string[] | null }): Promise<readonly string[] | undefined> => {
      await publisher.publish({ functions: [{ name: 'a', source: answering('A'), ...edit }], deleted: [] });
      return catalog.get('a')?.methods;
    };
    expect(await methodsAfter({})).toBeUndefined();
    expect(await methodsAfter({ methods: ['GET'] })).toEqual(['GET']);
    expect(await methodsAfter({})).toEqual(['GET']);
    expect(await methodsAfter({ methods: null })).toBeUndefined();
  });

  it.each<[string, Record<string, string>, string]>([
    ['does not compile', { good: answering('good'), bad: 'export default (' }, 'BUILD_FAILED'],
    ['imports what nobody has', { good: answering('good'), bad: "import x from '@/nobody'; export default x;" }, 'BUILD_FAILED'],
    ['throws while it is loaded', { good: answering('good'), bad: "throw new Error('at load');" }, 'LOAD_FAILED'],
  ])('changes nothing when one of a batch %s', async (_, functions, code) => {
    await publish({ good: answering('old') });
    await expect(publish(functions)).rejects.toMatchObject({ code, diagnostics: [{ function: 'bad', line: 1 }] });
    expect(await live()).toEqual({ good: 'old' });
    expect(await publish({ good: answering('next') })).toMatchObject([{ revision: 2 }]);
  });

  it('takes imports within the batch, and refuses imports of what it deletes', async () => {
    await publish({ a: "import b from '@/b'; export default () => ['a', b()];", b: answering('B') });
    expect(await live()).toEqual({ a: ['a', 'B'], b: 'B' });
    const importing = { c: "import b from '@/b'; export default b;" };
    await expect(publish(importing, ['b'])).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    expect(await live()).toEqual({ a: ['a', 'B'], b: 'B' });
  });

  it('answers REVISION_CONFLICT when ifRevision is stale, before anything is staged', async () => {
    await publish({ a: answering('A') });
    const edit = (ifRevision: number, name = 'a') =>
      publisher.publish({ functions: [{ name, source: answering('new'), ifRevision }], deleted: [] });
    await expect(edit(0)).rejects.toMatchObject({ code: 'REVISION_CONFLICT', details: { name: 'a', current: 1, expected: 0 } });
    await expect(edit(1, 'b')).rejects.toMatchObject({ code: 'REVISION_CONFLICT', details: { name: 'b', current: 0, expected: 1 } });
    expect(workers.steps).toEqual(['stage 1 a#1', 'activate 1']);
    expect(await edit(1)).toMatchObject([{ revision: 2 }]);
    expect(await edit(0, 'b')).toMatchObject([{ revision: 1 }]);
  });

  it('answers FUNCTION_NOT_FOUND when it deletes what is not there', async () => {
    await expect(publish({ a: answering('A') }, ['nobody'])).rejects.toMatchObject({
      code: 'FUNCTION_NOT_FOUND',
      details: { name: 'nobody' },
    });
    expect([await live(), workers.steps]).toEqual([{}, []]);
  });

  it('discards the stage when the store refuses', async () => {
    await publish({ a: answering('A') });
    // Another writer of the same store, of whom the catalog knows nothing.
    const compiled = { code: '', map: '{}', builder: 'none' };
    await store.commit({ drafts: [{ name: 'a', source: '', methods: undefined, note: '', compiled }], deleted: [] });
    const edit = { name: 'a', source: answering('new'), ifRevision: 1 };
    await expect(publisher.publish({ functions: [edit], deleted: [] })).rejects.toBeInstanceOf(HearthError);
    expect(workers.steps.slice(2)).toEqual(['stage 2 a#2', 'discard 2']);
    expect([host.call('a').answer, catalog.get('a')?.revision]).toEqual(['A', 1]);
  });

  it('names all functions of a batch that do not compile, and the missing imports of the others, in the order of the batch', async () => {
    const batch = { a: 'export default (', b: "import x from '@/nobody'; export default x;", c: answering('C'), d: '\n\nconst = 1;' };
    const refused = publish(batch);
    await expect(refused).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    const { diagnostics } = await refusal(refused);
    expect(diagnostics?.map((one) => [one.function, one.line])).toEqual([
      ['a', 1],
      ['b', 1],
      ['d', 3],
    ]);
    expect(workers.steps).toEqual(['stage 1 c#1', 'discard 1']);
  });

  it('names what does not load beside what does not compile, but nothing that only fails because of that', async () => {
    await publish({ a: answering('A') });
    const batch = {
      uses: "import a from '@/a';\nimport x from '@/nobody';\na().missing.deeply;\nexport default () => x;",
      a: 'export default (',
      also: "import uses from '@/uses';\nthrow new Error('not reached');\nexport default uses;",
      own: "// own\nthrow new Error('own');",
      fine: answering('fine'),
    };
    const { code, diagnostics } = await refusal(publish(batch));
    expect(code).toBe('BUILD_FAILED');
    expect(diagnostics?.map((one) => [one.function, one.line, one.lineText !== ''])).toEqual([
      ['uses', 2, true],
      ['a', 1, true],
      ['own', 2, true],
    ]);
    expect(await live()).toEqual({ a: 'A' });
  });

  it('names all functions of a batch that do not load with the text of their lines, and the cause of several once', async () => {
    const batch = {
      uses: "import lib from '@/lib';\nexport default () => lib;",
      lib: "\nthrow new Error('lib is bad');",
      also: "import lib from '@/lib';\nexport default () => lib;",
      own: 'const x: any = null;\nx.y;\nexport default () => 1;',
      fine: answering('fine'),
    };
    const { code, diagnostics } = await refusal(publish(batch));
    expect(code).toBe('LOAD_FAILED');
    expect(diagnostics?.map((one) => [one.function, one.line, one.lineText])).toEqual([
      ['lib', 2, "throw new Error('lib is bad');"],
      ['own', 2, 'x.y;'],
    ]);
  });

  it('keeps what does not load when asked, reports it under each function, and evaluates it at each use until it loads', async () => {
    const batch = {
      uses: "import lib from '@/lib';\nexport default () => lib;",
      lib: 'const { key } = (globalThis as any).lateState;\nexport default key;',
      fine: answering('fine'),
    };
    const functions = Object.entries(batch).map(([name, source]) => ({ name, source }));
    const published = await publisher.publish({ functions, deleted: [], onLoadError: 'keep' });
    expect(published.map(({ name, loadError }) => [name, loadError?.function, loadError?.line])).toEqual([
      ['uses', 'lib', 1],
      ['lib', 'lib', 1],
      ['fine', undefined, undefined],
    ]);
    expect((await store.functions()).map(({ name, loadError }) => [name, loadError?.function])).toEqual([
      ['fine', undefined],
      ['lib', 'lib'],
      ['uses', 'lib'],
    ]);
    expect(() => host.call('uses')).toThrow('key');
    expect(() => host.call('uses')).toThrow('key');
    Reflect.set(globalThis, 'lateState', { key: 'k' });
    try {
      expect(host.call('uses').answer).toBe('k');
    } finally {
      Reflect.deleteProperty(globalThis, 'lateState');
    }
  });

  it('never keeps what does not compile', async () => {
    const functions = [{ name: 'a', source: 'export default (' }];
    await expect(publisher.publish({ functions, deleted: [], onLoadError: 'keep' })).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    expect(await live()).toEqual({});
  });

  it('publishes begun together follow one another, each whole, past one that fails', async () => {
    const sources = ['one', 'two', 'throw', 'four'].map((text) => (text === 'throw' ? "throw new Error('no');" : answering(text)));
    const outcomes = await Promise.allSettled(sources.map((source) => publish({ a: source })));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(workers.steps).toEqual(['stage 1 a#1', 'activate 1', 'stage 2 a#2', 'activate 2', 'stage 3 a#3', 'stage 4 a#3', 'activate 4']);
    expect(await live()).toEqual({ a: 'four' });
  });

  it('of two edits of one revision begun together, one wins', async () => {
    const edit = (text: string) => publisher.publish({ functions: [{ name: 'a', source: answering(text), ifRevision: 0 }], deleted: [] });
    const outcomes = await Promise.allSettled([edit('first'), edit('second')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await live()).toEqual({ a: 'first' });
  });
});
