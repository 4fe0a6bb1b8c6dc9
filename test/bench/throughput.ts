import { echoSource, helloSource } from './functions.ts';
import { BenchHost } from './host.ts';
import type { Throughput } from './jobs.ts';
import { ClientProcess, PlainServer } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const rounds = { full: 7, quick: 3, tiny: 1 } as const;
const durations = { full: 2_000, quick: 1_000, tiny: 100 } as const;
const connections = 50;

/** Requests per second of a function that says hello, beside Node's own server. */
export function benchHttp(scale: Scale): Promise<readonly Figure[]> {
  return compare('http', scale, 'node:http');
}

/** Messages per second that a function echoes, beside ws alone. */
export function benchWs(scale: Scale): Promise<readonly Figure[]> {
  return compare('ws', scale, 'ws');
}

async function compare(kind: Throughput['kind'], scale: Scale, plain: string): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('hello', helloSource);
  await bench.publish('__websocket__', echoSource(1));
  await using server = await PlainServer.start();
  await using client = new ClientProcess();
  const own: number[] = [];
  const others: number[] = [];
  const ratios: number[] = [];
  let failed = 0;
  const measure = async (port: number): Promise<number> => {
    const counted = await client.do('throughput', { kind, port, path: '/hello', connections, duration: durations[scale] });
    failed += counted.failed;
    return counted.count / (counted.took / 1_000);
  };
  await measure(bench.port);
  await measure(server.port);
  // By turns, so that what else the machine does meets both.
  for (let round = 0; round < rounds[scale]; round++) {
    const theirs = await measure(server.port);
    const ours = await measure(bench.port);
    others.push(theirs);
    own.push(ours);
    ratios.push(ours / theirs);
  }
  const unit = kind === 'http' ? 'requests/s' : 'messages/s';
  return [
    { name: 'Hearth', value: Math.round(quantile(own, 0.5)), unit },
    { name: plain, value: Math.round(quantile(others, 0.5)), unit },
    { name: `ratio to ${plain}, median`, value: quantile(ratios, 0.5), unit: '' },
    { name: 'ratio, lowest round', value: Math.min(...ratios), unit: '' },
    { name: 'ratio, highest round', value: Math.max(...ratios), unit: '' },
    { name: 'failed', value: failed, unit: '', most: 0 },
  ];
}
