import { findMongod, TestMongod } from '../mongod.ts';
import { versionSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const publishes = { full: 200, quick: 50, tiny: 3 } as const;

/** Milliseconds after which a publish that the other host does not have counts as missed. */
const patience = 5_000;

/**
 * How long a publish takes until it is live on the host that is asked, on SQLite and on MongoDB by turns,
 * and how long until it is live on another host of the same MongoDB. Without a mongod there is only SQLite.
 */
export async function benchNodes(scale: Scale): Promise<readonly Figure[]> {
  await using sqlite = await BenchHost.start();
  if (findMongod() === undefined) {
    const took = await publishMany(scale, async (source) => sqlite.publish('version', source));
    return [...figuresOf('SQLite, same host', took), { name: 'MongoDB: not measured, there is no mongod', value: 0, unit: '' }];
  }
  await using mongod = await TestMongod.start();
  const env = { MONGODB_URI: mongod.uri('bench') };
  await using first = await BenchHost.start(env);
  await using second = await BenchHost.start(env);
  const other: number[] = [];
  const own: number[] = [];
  let version = 0;
  const took = await publishMany(scale, async (source) => {
    version += 1;
    own.push(await first.publish('version', source));
    other.push(await untilLive(second, JSON.stringify({ version })));
    return sqlite.publish('version', source);
  });
  return [
    ...figuresOf('SQLite, same host', took),
    ...figuresOf('MongoDB, same host', own),
    ...figuresOf('MongoDB, from the answer to live on the other host', other),
    { name: 'missed by the other host', value: other.filter((wait) => wait >= patience).length, unit: '', most: 0 },
  ];
}

async function publishMany(scale: Scale, publish: (source: string) => Promise<number>): Promise<readonly number[]> {
  const took: number[] = [];
  for (let version = 1; version <= publishes[scale]; version++) took.push(await publish(versionSource(version)));
  return took;
}

async function untilLive(bench: BenchHost, answer: string): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < patience) {
    const answered = await bench.call('/version').catch(() => '');
    if (answered === answer) break;
  }
  return performance.now() - begun;
}

function figuresOf(name: string, took: readonly number[]): readonly Figure[] {
  return [
    { name: `${name}: p50`, value: quantile(took, 0.5), unit: 'ms' },
    { name: `${name}: p99`, value: quantile(took, 0.99), unit: 'ms' },
  ];
}
