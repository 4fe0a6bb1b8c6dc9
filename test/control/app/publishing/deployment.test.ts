import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveCatalog } from '../../../../runtime/control/app/publishing/catalog.ts';
import { type Deployment, Deployments } from '../../../../runtime/control/app/publishing/deployment.ts';
import { Quarantine } from '../../../../runtime/control/app/workers/quarantine.ts';
import { type Revision, toBuilt } from '../../../../runtime/kernel/functions/revision.ts';
import { createFunctionHost, type FunctionHost } from '../../../worker/functions/host.ts';
import { crashReport } from '../workers/reports.ts';
import { InProcessWorkers } from './workers.ts';

let host: FunctionHost;
let catalog: LiveCatalog;
let quarantine: Quarantine;
let workers: InProcessWorkers;
let deployments: Deployments;
let lines: string[];

beforeEach(() => {
  host = createFunctionHost();
  catalog = new LiveCatalog([]);
  quarantine = new Quarantine(async () => []);
  workers = new InProcessWorkers(host);
  lines = [];
  deployments = new Deployments({ workers, catalog, quarantine, log: (_level, message) => void lines.push(message) });
});

afterEach(() => host.close());

async function revisionOf(name: string, source: string, revision = 1): Promise<Revision> {
  const { compiled } = await host.builder.build({ name, source });
  return { name, revision, source, methods: undefined, note: '', compiled, createdAt: 0 };
}

/** A deployment of one change, which a commit records as it was staged. */
function deploymentOf(revisions: readonly Revision[], more: Partial<Deployment> = {}): Deployment {
  return {
    staged: { functions: revisions.map(toBuilt), deleted: [] },
    sourceOf: (name) => revisions.find((one) => one.name === name)?.source,
    commit: async () => {
      workers.steps.push('commit');
      return revisions;
    },
    ...more,
  };
}

const answering = (text: string): string => `export default () => '${text}';`;

describe('deploy()', () => {
  it('stages, commits and activates, in this order, and then the change is live', async () => {
    await deployments.deploy(deploymentOf([await revisionOf('a', answering('A'))]));
    expect(workers.steps).toEqual(['stage 1 a#1', 'commit', 'activate 1']);
    expect(catalog.list().map(({ name, revision }) => [name, revision])).toEqual([['a', 1]]);
    expect(host.call('a').answer).toBe('A');
  });

  it('makes live what the commit returned, under its numbers', async () => {
    const staged = await revisionOf('a', answering('A'));
    await deployments.deploy(deploymentOf([staged], { commit: async () => [{ ...staged, revision: 7 }] }));
    expect(catalog.get('a')?.revision).toBe(7);
    expect(host.registry.get('a')?.revision).toBe(7);
  });

  it('commits nothing when the code does not load, and says the text of the line', async () => {
    const broken = await revisionOf('a', "\nthrow new Error('no luck');");
    await expect(deployments.deploy(deploymentOf([broken]))).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      diagnostics: [{ function: 'a', line: 2, lineText: "throw new Error('no luck');" }],
    });
    expect(workers.steps).toEqual(['stage 1 a#1']);
    expect(catalog.list()).toEqual([]);
  });

  it('discards the stage when the commit fails, and leaves what was live', async () => {
    await deployments.deploy(deploymentOf([await revisionOf('a', answering('A'))]));
    const next = await revisionOf('a', answering('B'), 2);
    const commit = (): Promise<never> => Promise.reject(new Error('the disk is full'));
    await expect(deployments.deploy(deploymentOf([next], { commit }))).rejects.toThrow('the disk is full');
    expect(workers.steps.slice(3)).toEqual(['stage 2 a#2', 'discard 2']);
    expect(catalog.get('a')?.revision).toBe(1);
    expect(host.call('a').answer).toBe('A');
  });

  it('enables a function that was disabled, deployed or deleted', async () => {
    for (const name of ['a', 'b', 'c']) quarantine.add(crashReport({ place: { function: name, revision: 1 } }));
    const staged = { functions: [toBuilt(await revisionOf('a', answering('A'), 2))], deleted: ['b'] };
    await deployments.deploy({ ...deploymentOf([await revisionOf('a', answering('A'), 2)]), staged });
    expect(quarantine.list().map(({ name }) => name)).toEqual(['c']);
  });

  it('announces at most ten names, and nothing without an announcement', async () => {
    const many = await Promise.all(Array.from({ length: 12 }, (_, n) => revisionOf(`f${n}`, answering('F'))));
    await deployments.deploy(deploymentOf(many));
    expect(lines).toEqual([]);
    await deployments.deploy(deploymentOf(many, { announcement: 'imported' }));
    expect(lines).toEqual([
      `imported ${many
        .slice(0, 10)
        .map(({ name }) => `${name}#1`)
        .join(', ')} and 2 more`,
    ]);
  });
});

describe('inTurn()', () => {
  it('begins work when that before it is done, also when it has failed', async () => {
    const order: string[] = [];
    const failing = deployments.inTurn(async () => {
      order.push('one');
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      order.push('one ends');
      throw new Error('no luck');
    });
    const next = deployments.inTurn(async () => void order.push('two'));
    await expect(failing).rejects.toThrow('no luck');
    await next;
    await deployments.idle();
    expect(order).toEqual(['one', 'one ends', 'two']);
  });
});
