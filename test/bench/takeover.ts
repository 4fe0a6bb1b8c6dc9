import { setTimeout as delay } from 'node:timers/promises';
import { helloSource } from './functions.ts';
import { BenchHost } from './host.ts';
import type { TakeoverResult } from './jobs.ts';
import { ClientProcess } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const rounds = { full: 10, quick: 2, tiny: 1 } as const;
// A worker that dies younger than this counts as crashing in a loop, and the host then takes its time.
const life = { full: 10_500, quick: 10_500, tiny: 3_000 } as const;

/** What clients notice when the worker is killed under load. */
export async function benchTakeover(scale: Scale): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('hello', helloSource);
  await using client = new ClientProcess();
  const results: TakeoverResult[] = [];
  for (let round = 0; round < rounds[scale]; round++) {
    await delay(life[scale]);
    results.push(await client.do('kill', { port: bench.port, pid: await bench.host.workerPid() }));
  }
  const { restarts } = (await bench.host.api('GET', '/v1/status')).json.worker;
  const sum = (of: (result: TakeoverResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const first = results.map(({ firstAnswer }) => firstAnswer ?? NaN);
  return [
    { name: 'kills', value: results.length, unit: '' },
    { name: 'takeovers', value: Number(restarts), unit: '', least: results.length },
    { name: 'connections', value: sum(({ attempts }) => attempts), unit: '' },
    { name: 'refused connections', value: sum(({ refused }) => refused), unit: '', most: 0 },
    { name: 'connections cut with the killed worker', value: sum(({ cut }) => cut), unit: '' },
    { name: 'connections without an answer', value: sum(({ unanswered }) => unanswered), unit: '', most: 0 },
    { name: 'kill to first answer: p50', value: quantile(first, 0.5), unit: 'ms' },
    { name: 'kill to first answer: longest', value: Math.max(...first), unit: 'ms', most: 300 },
    { name: 'longest wait of a connection', value: Math.max(...results.map(({ longestWait }) => longestWait)), unit: 'ms' },
  ];
}
