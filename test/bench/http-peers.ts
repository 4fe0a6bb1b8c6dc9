import { helloSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { Lineup } from './lineup.ts';
import { arePeersInstalled, type Generated, Generator, type Server } from './peer.ts';
import type { Figure, Scale } from './report.ts';
import { takeTurns } from './turns.ts';

const rounds = { full: 7, quick: 3, tiny: 1 } as const;
/** Milliseconds. */
const durations = { full: 1_500, quick: 300, tiny: 100 } as const;
const connections = 50;

const least = { 'node:http': 0.7, koa: 1.05, 'functions-framework': 10 };

/** Answers the body that it was sent. */
const echoSource = `export default async (ctx: FunctionContext) => ctx.body;`;

/** What autocannon is asked to do. */
interface LoadJob {
  readonly url: string;
  readonly body?: string;
  readonly connections: number;
  readonly duration: number;
}

/** Requests per second of a function beside what serves HTTP elsewhere: hello, and 1 KB of JSON parsed and answered. */
export async function benchHttpPeers(scale: Scale): Promise<readonly Figure[]> {
  if (!arePeersInstalled()) return [{ name: 'not measured: the peers are not installed', value: 0, unit: '' }];
  await using bench = await BenchHost.start();
  await bench.publish('hello', helloSource);
  await bench.publish('echo', echoSource);
  await using lineup = new Lineup();
  await lineup.add('node:http', 'node-http');
  await lineup.addHost(bench);
  await lineup.add('koa');
  await lineup.add('fastify');
  await lineup.add('functions-framework', 'functions-framework', '@google-cloud/functions-framework');
  await lineup.add('workerd');
  await using generator = Generator.ofPeers<LoadJob>('autocannon');
  const figures: Figure[] = [...lineup.missing];
  let failed = 0;
  for (const [title, body] of [['hello'], ['echo', toJson(1_024)]] as const) {
    const load = { connections, duration: durations[scale], ...(body !== undefined && { body }) };
    const turns = { title, unit: 'request', rounds: rounds[scale], least };
    const run = ({ port }: Server): Promise<Generated> => generator.run({ url: `http://127.0.0.1:${port}/${title}`, ...load });
    const outcome = await takeTurns(lineup.servers, { run }, turns);
    figures.push(...outcome.figures);
    failed += outcome.failed;
  }
  figures.push({ name: 'failed', value: failed, unit: '', most: 0 });
  return figures;
}

/** A JSON object of records, as many bytes long as asked. */
function toJson(length: number): string {
  const items = Array.from({ length: 14 }, (_, id) => ({ id, name: `record ${id}`, tags: ['a', 'b'], ok: id % 2 === 0 }));
  const rest = length - JSON.stringify({ items, text: '' }).length;
  return JSON.stringify({ items, text: 'x'.repeat(rest) });
}
