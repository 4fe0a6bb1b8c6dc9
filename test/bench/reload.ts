import { versionSource } from './functions.ts';
import { BenchHost } from './host.ts';
import type { Figure, Scale } from './report.ts';

const publishes = { full: 10_000, quick: 1_000, tiny: 20 } as const;
const warmUp = 100;
const megabyte = 1024 ** 2;

/** Holds a megabyte of the heap, and by a timer that nobody clears: only the host can let go of it. */
function holdingSource(version: number): string {
  return `const held = new Array(131072).fill(${version}.5);
setInterval(() => held.at(0), 1000);
export default async () => ({ version: ${version}, held: held.length });`;
}

const modes = [
  ['plain', versionSource],
  ['holding 1 MB and a timer', holdingSource],
] as const;

/** What many publishes of one function leave behind in the worker. */
export async function benchReload(scale: Scale): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [mode, source] of modes) figures.push(...(await measure(mode, source, publishes[scale])));
  return figures;
}

async function measure(mode: string, source: (version: number) => string, count: number): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  for (let version = 0; version < warmUp; version++) await bench.publish('reload', source(version));
  const before = await bench.memory();
  const residentBefore = bench.resident();
  const begun = performance.now();
  for (let version = 1; version <= count; version++) await bench.publish('reload', source(version));
  const took = performance.now() - begun;
  const after = await bench.memory();
  const residentAfter = bench.resident();
  const worker = await bench.host.workerPid();
  const others = [...residentAfter.workers].filter(([pid]) => pid !== worker).map(([, bytes]) => bytes);
  return [
    { name: `${mode}: publishes`, value: count, unit: '' },
    { name: `${mode}: each`, value: took / count, unit: 'ms' },
    { name: `${mode}: worker heap before`, value: before.heapUsed / megabyte, unit: 'MB' },
    { name: `${mode}: worker heap after`, value: after.heapUsed / megabyte, unit: 'MB' },
    { name: `${mode}: worker heap growth`, value: (after.heapUsed - before.heapUsed) / megabyte, unit: 'MB', most: 5 },
    { name: `${mode}: worker RSS before`, value: before.rss / megabyte, unit: 'MB' },
    { name: `${mode}: worker RSS after`, value: after.rss / megabyte, unit: 'MB' },
    { name: `${mode}: control RSS before`, value: residentBefore.control / megabyte, unit: 'MB' },
    { name: `${mode}: control RSS after`, value: residentAfter.control / megabyte, unit: 'MB' },
    { name: `${mode}: largest other process RSS after`, value: Math.max(0, ...others) / megabyte, unit: 'MB' },
  ];
}
