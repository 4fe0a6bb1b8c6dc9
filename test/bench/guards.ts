import { setTimeout as sleep } from 'node:timers/promises';
import { echoSource, helloSource, shapeSource } from './functions.ts';
import { BenchHost } from './host.ts';
import type { Throughput } from './jobs.ts';
import { cpuTimeOf } from './peer.ts';
import { ClientProcess } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const rounds = { full: 15, quick: 3, tiny: 1 } as const;
const durations = { full: 1_500, quick: 600, tiny: 100 } as const;
const idleTimes = { full: 10_000, quick: 1_000, tiny: 200 } as const;
const connections = 50;

const kinds: readonly { readonly name: string; readonly kind: Throughput['kind']; readonly path: string }[] = [
  { name: 'HTTP hello', kind: 'http', path: '/hello' },
  { name: 'HTTP, a function with loops', kind: 'http', path: '/shape' },
  { name: 'WebSocket echo', kind: 'ws', path: '/hello' },
];

/** What guards cost: a host with them beside one without, `FUNCTION_CPU_LIMIT_MS=0`. The watchdog thread runs in both. */
export async function benchGuards(scale: Scale): Promise<readonly Figure[]> {
  await using guarded = await BenchHost.start();
  await using bare = await BenchHost.start({ FUNCTION_CPU_LIMIT_MS: '0' });
  await using client = new ClientProcess();
  for (const bench of [guarded, bare]) {
    await bench.publish('hello', helloSource);
    await bench.publish('shape', shapeSource);
    await bench.publish('__websocket__', echoSource(1));
  }
  const figures: Figure[] = [];
  let failed = 0;
  for (const { name, kind, path } of kinds) {
    const measure = async ({ port }: BenchHost): Promise<number> => {
      const counted = await client.do('throughput', { kind, port, path, connections, duration: durations[scale] });
      failed += counted.failed;
      return counted.count / counted.took;
    };
    await measure(guarded);
    await measure(bare);
    const ratios: number[] = [];
    for (let round = 0; round < rounds[scale]; round++) {
      // The order changes, since whoever comes second may meet a warmer or a busier machine.
      const first = round % 2 === 0 ? guarded : bare;
      const second = first === guarded ? bare : guarded;
      const [one, other] = [await measure(first), await measure(second)];
      ratios.push(first === guarded ? one / other : other / one);
    }
    figures.push(
      { name: `${name}, with / without: median`, value: quantile(ratios, 0.5), unit: '', least: 0.97 },
      {
        name: `${name}: lowest and highest quarter begin at`,
        value: quantile(ratios, 0.25),
        unit: `… ${quantile(ratios, 0.75).toFixed(2)}`,
      },
    );
  }
  const idle = await cpuWhileIdle(await guarded.host.workerPid(), idleTimes[scale]);
  return [
    ...figures,
    { name: 'idle worker with its watchdog: CPU time a second', value: idle, unit: 'ms' },
    { name: 'failed', value: failed, unit: '', most: 0 },
  ];
}

/** Milliseconds of CPU time a second that a process takes by itself; NaN where nobody counts it. */
async function cpuWhileIdle(pid: number, time: number): Promise<number> {
  const before = cpuTimeOf(pid);
  await sleep(time);
  return (cpuTimeOf(pid) - before) / (time / 1_000);
}
