import { echoSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { ClientProcess, PlainServer } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const turns = { full: 100, quick: 30, tiny: 2 } as const;
const messages = { full: 1_000, quick: 500, tiny: 20 } as const;

/** What a function adds to the time in which a message comes back: one at a time on one connection, beside ws alone. */
export async function benchLatency(scale: Scale): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('__websocket__', echoSource(1));
  await using server = await PlainServer.start();
  await using client = new ClientProcess();
  const job = { ports: [server.port, bench.port], turns: turns[scale], messages: messages[scale] };
  const { medians } = await client.do('latency', job);
  const [theirs = [], ours = []] = medians;
  const added = ours.map((own, turn) => own - (theirs[turn] ?? NaN));
  return [
    { name: 'ws: p50 of a message and its echo', value: quantile(theirs, 0.5), unit: 'µs' },
    { name: 'Hearth: p50', value: quantile(ours, 0.5), unit: 'µs' },
    { name: 'added to a message, median of turns', value: quantile(added, 0.5), unit: 'µs', most: 5 },
    { name: 'added: lowest and highest quarter begin at', value: quantile(added, 0.25), unit: `… ${quantile(added, 0.75).toFixed(1)} µs` },
    { name: 'turns', value: added.length, unit: '' },
  ];
}
