import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BuiltFunction } from '../../../runtime/kernel/functions/revision.ts';
import { createFunctionHost, type FunctionHost } from './host.ts';

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

let host: FunctionHost;
/** Every instance that the loader has made, every exports object and every array that the code has made. */
let made: WeakRef<object>[];

beforeEach(() => {
  made = [];
  host = createFunctionHost((instantiate) => (module, importFunction) => {
    const instance = instantiate(module, importFunction);
    made.push(new WeakRef(instance), new WeakRef(module));
    return instance;
  });
});

afterEach(() => host.close());

async function reachable(): Promise<number> {
  if (typeof gc !== 'function') throw new Error('there is no gc()');
  // What a WeakRef has shown stays until the turn ends; what the timers and promises of that turn hold, until the next.
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    gc();
  }
  return made.filter((ref) => ref.deref() !== undefined).length;
}

const source = `
  const large = new Uint8Array(1024 * 1024).fill(1);
  setInterval(() => large.length, 1);
  setTimeout(() => large.length, 3_600_000);
  export default () => large;
`;

/** One publish; what it made is remembered without being held. */
function publish(built: BuiltFunction, revision: number): void {
  const stage = host.registry.stage({ functions: [{ ...built, revision }], deleted: [] });
  host.registry.activate(stage, new Map([[built.name, revision]]));
  const { answer, invocation } = host.call(built.name);
  invocation.end();
  made.push(new WeakRef(Object(answer)), new WeakRef(host.exports(built.name)));
}

it('1,000 rounds of stage() and activate() leave no instance but the live one reachable, and close() not even that', async () => {
  const [built] = await host.build({ leaky: source });
  if (!built) throw new Error('not built');
  for (let revision = 1; revision <= 1_000; revision += 1) {
    publish(built, revision);
    if (revision % 100 === 0) await nextTurn();
  }
  expect(made).toHaveLength(4_000);
  expect(await reachable()).toBe(4);
  host.registry.close();
  expect(await reachable()).toBe(0);
});

it('stages that are discarded, or fail, leave nothing reachable', async () => {
  const [built] = await host.build({ leaky: source });
  const [failing] = await host.build({ failing: `${source}\nthrow new Error('no');` });
  if (!built || !failing) throw new Error('not built');
  for (let revision = 1; revision <= 100; revision += 1) {
    host.registry.stage({ functions: [{ ...built, revision }], deleted: [] }).discard();
    expect(() => host.registry.stage({ functions: [built, failing], deleted: [] })).toThrow('no');
  }
  expect(made).toHaveLength(600);
  expect(await reachable()).toBe(0);
});

it('a replaced instance whose call is in flight keeps that call’s timers, and nothing once it has ended', async () => {
  const [built] = await host.build({
    slow: `const large = new Uint8Array(1024 * 1024);
      setInterval(() => large.length, 1);
      export default (ticked) => new Promise((resolve) => {
        const wait = () => setTimeout(() => (ticked() ? resolve(large.length) : wait()), 1);
        wait();
      });`,
  });
  if (!built) throw new Error('not built');
  let replaced = false;
  let ticks = 0;
  host.registry.install({ functions: [built], deleted: [] });
  const { answer, invocation } = host.call('slow', () => replaced && ++ticks > 3);
  host.registry.install({ functions: [], deleted: ['slow'] });
  replaced = true;
  expect(await answer).toBe(1024 * 1024);
  invocation.end();
  expect([made.length, await reachable()]).toEqual([2, 0]);
});
