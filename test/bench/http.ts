import { helloSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { Lineup, own } from './lineup.ts';
import { arePeersInstalled, type Generated, Generator, type Server } from './peer.ts';
import type { Figure, Scale } from './report.ts';
import { takeTurns, type Turns } from './turns.ts';

const rounds = { full: 7, quick: 3, tiny: 1 } as const;
/** Milliseconds. */
const durations = { full: 1_500, quick: 300, tiny: 100 } as const;
const connections = 50;

/** Of the requests under way at any time, for the growth: the middle is {@link connections}. */
const crowds = { full: [5, 500], quick: [5, 500], tiny: [5] } as const;

const node = Number(process.versions.node.split('.')[0]);
const least = { 'node:http': node >= 24 ? 0.85 : 0.7, koa: 1.05, 'functions-framework': 10 };

/** Answers the body that it was sent. */
const echoSource = `export default async (ctx: FunctionContext) => ctx.body;`;

/** What a generator is asked to do: one request under way on each connection for the time, in milliseconds. */
interface LoadJob {
  readonly url: string;
  readonly body?: string;
  readonly connections: number;
  readonly duration: number;
}

/** Requests per second of a function beside what serves HTTP elsewhere: hello on few and many connections, and 1 KB of JSON parsed and answered. */
export async function benchHttp(scale: Scale): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('hello', helloSource);
  await bench.publish('echo', echoSource);
  await using lineup = await gather(bench);
  await using generator = arePeersInstalled() ? Generator.ofPeers<LoadJob>('autocannon') : Generator.ofBench<LoadJob>('requests');
  const figures: Figure[] = [...lineup.missing];
  let failed = 0;
  for (const workload of workloads(scale)) {
    const { title, path, body, among = everyone } = workload;
    const load = { connections: workload.connections, duration: durations[scale], ...(body !== undefined && { body }) };
    const run = ({ port }: Server): Promise<Generated> => generator.run({ url: `http://127.0.0.1:${port}${path}`, ...load });
    const turns = { title, unit: 'request', rounds: rounds[scale], least: workload.least ?? {} };
    const outcome = await takeTurns(lineup.servers.filter(among), { run }, turns);
    figures.push(...outcome.figures);
    failed += outcome.failed;
  }
  figures.push({ name: 'failed', value: failed, unit: '', most: 0 });
  return figures;
}

async function gather(bench: BenchHost): Promise<Lineup> {
  const lineup = new Lineup();
  await lineup.add('node:http', 'node-http');
  await lineup.addHost(bench);
  await lineup.add('koa');
  await lineup.add('fastify');
  await lineup.add('functions-framework', 'functions-framework', '@google-cloud/functions-framework');
  await lineup.add('workerd');
  return lineup;
}

interface Workload {
  readonly title: string;
  readonly path: string;
  readonly connections: number;
  readonly body?: string;
  readonly least?: Turns['least'];
  /** Who takes part, if not all. */
  readonly among?: (server: Server) => boolean;
}

const everyone = (): boolean => true;

function workloads(scale: Scale): readonly Workload[] {
  const growth = crowds[scale].map((count) => ({
    title: `hello, ${count} connections`,
    path: '/hello',
    connections: count,
    among: ({ name }: Server): boolean => name === own || name === 'node:http',
  }));
  return [
    { title: 'hello', path: '/hello', connections, least },
    { title: 'echo', path: '/echo', connections, body: toJson(1_024) },
    ...growth,
  ];
}

/** A JSON object of records, as many bytes long as asked. */
function toJson(length: number): string {
  const items = Array.from({ length: 14 }, (_, id) => ({ id, name: `record ${id}`, tags: ['a', 'b'], ok: id % 2 === 0 }));
  const rest = length - JSON.stringify({ items, text: '' }).length;
  return JSON.stringify({ items, text: 'x'.repeat(rest) });
}
