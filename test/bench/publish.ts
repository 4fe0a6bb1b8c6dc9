import { echoSource, versionSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { cpuTimeOf } from './peer.ts';
import { ClientProcess } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const publishes = { full: 200, quick: 50, tiny: 5 } as const;

/** How long a publish takes, idle and under load, whether it is live when it is answered, and what it loses. */
export async function benchPublish(scale: Scale): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('__websocket__', echoSource(0));
  const count = publishes[scale];
  // The first ones warm what every later one uses.
  await publishMany(bench, 1, Math.ceil(count / 10));
  const idle = await publishMany(bench, 1_000, count);
  await using client = new ClientProcess();
  const worker = await bench.host.workerPid();
  await client.do('load', { port: bench.port, clients: 8, path: '/version' });
  const begun = performance.now();
  const cpu = cpuTimeOf(worker);
  const loaded = await publishMany(bench, 2_000, count);
  const busyWorker = (cpuTimeOf(worker) - cpu) / (performance.now() - begun);
  const result = await client.do('settle', {});
  return [
    { name: 'idle: publishes', value: idle.took.length, unit: '' },
    { name: 'idle: not live when answered', value: idle.notLive, unit: '', most: 0 },
    { name: 'idle: p50', value: quantile(idle.took, 0.5), unit: 'ms', most: 5 },
    { name: 'idle: p99', value: quantile(idle.took, 0.99), unit: 'ms' },
    { name: 'idle: longest', value: quantile(idle.took, 1), unit: 'ms' },
    { name: 'under load: publishes', value: loaded.took.length, unit: '' },
    { name: 'under load: not live when answered', value: loaded.notLive, unit: '', most: 0 },
    { name: 'under load: p50', value: quantile(loaded.took, 0.5), unit: 'ms' },
    { name: 'under load: p99', value: quantile(loaded.took, 0.99), unit: 'ms', most: 20 },
    { name: 'under load: longest', value: quantile(loaded.took, 1), unit: 'ms' },
    { name: 'under load: requests', value: result.requests, unit: '' },
    { name: 'under load: lost requests', value: result.lostRequests, unit: '', most: 0 },
    { name: 'under load: answers of an older version than before', value: result.stale, unit: '', most: 0 },
    { name: 'under load: messages', value: result.messages, unit: '' },
    { name: 'under load: lost messages', value: result.lostMessages, unit: '', most: 0 },
    { name: 'under load: CPU of the worker', value: Math.round(busyWorker * 100), unit: '%' },
    { name: 'under load: CPU of the generator', value: Math.round(result.busy * 100), unit: '%' },
  ].filter(({ value }) => Number.isFinite(value));
}

/** Publishes a plain function and the one of the sockets by turns, and calls each at once to see whether it is live. */
async function publishMany(bench: BenchHost, from: number, count: number): Promise<{ took: readonly number[]; notLive: number }> {
  const took: number[] = [];
  let notLive = 0;
  for (let version = from; version < from + count; version++) {
    const [name, source] = version % 2 === 0 ? ['version', versionSource(version)] : ['__websocket__', echoSource(version)];
    took.push(await bench.publish(name, source));
    if ((await bench.call(`/${name}`)) !== JSON.stringify({ version })) notLive++;
  }
  return { took, notLive };
}
