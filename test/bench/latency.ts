import { Awake } from './awake.ts';
import { echoSource } from './functions.ts';
import { BenchHost } from './host.ts';
import type { LatencyJob } from './jobs.ts';
import { cpuTimeOf, Peer } from './peer.ts';
import { placements } from './placement.ts';
import { ClientProcess } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const turns = { full: 400, quick: 120, tiny: 2 } as const;
const messages = { full: 200, quick: 200, tiny: 20 } as const;
/** Microseconds that a message may take less with a function around it before that says something about the measuring. */
const noise = 1;

interface Players {
  readonly client: ClientProcess;
  /** The processes of ws and of Hearth, as in the job's ports. */
  readonly servers: readonly number[];
  readonly job: LatencyJob;
}

/** What a function adds to the time in which a message comes back: one at a time on one connection, beside ws alone. */
export async function benchLatency(scale: Scale): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('__websocket__', echoSource(1));
  await using server = await Peer.startPlain('');
  await using client = new ClientProcess();
  await using _awake = new Awake();
  const job = { ports: [server.port, bench.port], turns: turns[scale], messages: messages[scale] };
  const players = { client, servers: [server.pid, await bench.host.workerPid()], job };
  // What is not compiled yet would count for whoever comes first.
  await client.do('latency', { ...job, turns: Math.ceil(job.turns / 10) });
  const figures: Figure[] = [];
  for (const { title, place } of placements(client.pid, players.servers)) {
    place();
    for (const figure of await play(players)) figures.push({ ...figure, name: `${title}: ${figure.name}` });
  }
  return [...figures, { name: 'turns of each', value: job.turns, unit: '' }];
}

async function play({ client, servers, job }: Players): Promise<readonly Figure[]> {
  const before = servers.map(cpuTimeOf);
  const { medians } = await client.do('latency', job);
  const cpu = servers.map((pid, index) => ((cpuTimeOf(pid) - (before[index] ?? NaN)) * 1_000) / (job.turns * job.messages));
  const [theirs = [], ours = []] = medians;
  return [
    { name: 'ws, p50 of a message and its echo', value: quantile(theirs, 0.5), unit: 'µs', spread: middle(theirs) },
    { name: 'Hearth, p50', value: quantile(ours, 0.5), unit: 'µs', spread: middle(ours) },
    toAdded(ours.map((own, turn) => own - (theirs[turn] ?? NaN))),
    { name: 'CPU time of ws for a message', value: cpu[0] ?? NaN, unit: 'µs' },
    { name: 'CPU time of the worker for a message', value: cpu[1] ?? NaN, unit: 'µs' },
  ];
}

/** The added time with its target, or without one when what was measured cannot be so. */
function toAdded(added: readonly number[]): Figure {
  const name = 'added to a message, median of the turns, middle half';
  const spread = middle(added);
  const figure = { value: quantile(added, 0.5), unit: 'µs', spread };
  // A function does not make a message faster: then the two did not meet the same machine, and no target is met by that.
  if (spread[1] < -noise) return { ...figure, name: `${name}; BELOW ZERO BEYOND THE NOISE, says nothing` };
  return { ...figure, name, most: 5 };
}

function middle(values: readonly number[]): readonly [number, number] {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}
