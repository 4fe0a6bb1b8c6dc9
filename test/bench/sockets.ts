import { setTimeout as delay } from 'node:timers/promises';
import { echoSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { ClientProcess } from './process.ts';
import type { Figure, Scale } from './report.ts';

const counts = { full: 5_000, quick: 1_000, tiny: 20 } as const;
const rest = { full: 5_000, quick: 1_000, tiny: 10 } as const;
const megabyte = 1024 ** 2;

/** What idle sockets cost, and whether anything of them stays when they have left. */
export async function benchSockets(scale: Scale): Promise<readonly Figure[]> {
  const count = counts[scale];
  await using bench = await BenchHost.start();
  await bench.publish('__websocket__', echoSource(1));
  await using client = new ClientProcess();
  await bench.memory();
  const before = await bench.memory();
  const connected = await client.do('connect', { port: bench.port, count });
  const talked = await client.do('talk', {});
  await delay(rest[scale]);
  const busy = bench.resident().workers.get(await bench.host.workerPid()) ?? NaN;
  const idle = await bench.memory();
  const left = await client.do('leave', {});
  await delay(rest[scale]);
  const after = await bench.memory();
  return [
    { name: 'connected', value: connected.count, unit: '', least: count },
    { name: 'connects', value: connected.count / (connected.took / 1_000), unit: '/s' },
    { name: 'echoes', value: talked.count, unit: '', least: count },
    { name: 'echoes in one round', value: talked.count / (talked.took / 1_000), unit: '/s' },
    { name: 'cloud.sockets while idle', value: idle.sockets, unit: '', least: count },
    { name: 'worker RSS before', value: before.rss / megabyte, unit: 'MB' },
    { name: 'worker RSS while idle, garbage not collected', value: busy / megabyte, unit: 'MB' },
    { name: 'worker RSS while idle', value: idle.rss / megabyte, unit: 'MB' },
    { name: 'worker RSS for each idle socket', value: (idle.rss - before.rss) / 1024 / count, unit: 'KB', most: 12 },
    { name: 'worker heap for each idle socket', value: (idle.heapUsed - before.heapUsed) / 1024 / count, unit: 'KB' },
    { name: 'left', value: left.count, unit: '', least: count },
    { name: 'cloud.sockets when all have left', value: after.sockets, unit: '', most: 0 },
    { name: 'worker RSS when all have left', value: after.rss / megabyte, unit: 'MB' },
    { name: 'worker heap growth when all have left', value: (after.heapUsed - before.heapUsed) / megabyte, unit: 'MB' },
  ];
}
