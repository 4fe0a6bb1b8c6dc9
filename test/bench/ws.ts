import type { EchoJob } from './client/echo.ts';
import { echoSource } from './functions.ts';
import { BenchHost } from './host.ts';
import { Lineup } from './lineup.ts';
import { arePeersInstalled, Generator, type Server } from './peer.ts';
import type { Figure, Scale } from './report.ts';
import { takeTurns, type Turns } from './turns.ts';

const rounds = { full: 7, quick: 3, tiny: 1 } as const;
/** Milliseconds. */
const durations = { full: 1_000, quick: 250, tiny: 100 } as const;
/** Where this many are asked for, the tiny form opens fewer. */
const many = { full: 1_000, quick: 1_000, tiny: 60 } as const;
const text = 'a message of about thirty bytes';
/** They have a protocol of their own, so their own client loads them; what it costs is in the figure. */
const socketIo = 'socket.io (own client)';
/** To develop with: it starts a process for each message. */
const architect = '@architect/sandbox (emulator)';

interface Workload {
  readonly title: string;
  readonly connections: number;
  readonly depth: number;
  readonly least?: Turns['least'];
}

/** Messages per second that a function echoes beside what serves WebSockets elsewhere: on few and many connections, and many by one write. */
export async function benchWs(scale: Scale): Promise<readonly Figure[]> {
  await using bench = await BenchHost.start();
  await bench.publish('__websocket__', echoSource(1));
  await using lineup = new Lineup();
  await lineup.addPlain();
  await lineup.addHost(bench);
  await lineup.add('workerd');
  await lineup.add(socketIo, 'socket-io', 'socket.io');
  await lineup.add(architect, 'architect', '@architect/sandbox');
  await using raw = Generator.ofBench<EchoJob>('echo');
  await using ownClient = arePeersInstalled() ? Generator.ofPeers<EchoJob>('socket-io-client') : undefined;
  const figures: Figure[] = [...lineup.missing];
  let failed = 0;
  for (const { title, connections, depth, least = {} } of workloads(scale)) {
    const clientOf = ({ name }: Server): Generator<EchoJob> => (name === socketIo ? (ownClient ?? raw) : raw);
    const load = {
      open: (server: Server) => clientOf(server).run({ port: server.port, connections, depth, text }),
      run: (server: Server) => clientOf(server).run({ duration: durations[scale] }),
    };
    // An emulator that starts a process for each message would start thousands of them at once.
    const servers = lineup.servers.filter(({ name }) => name !== architect || connections * depth === 1);
    const outcome = await takeTurns(servers, load, { title, unit: 'message', rounds: rounds[scale], least });
    figures.push(...outcome.figures);
    failed += outcome.failed;
  }
  figures.push({ name: 'failed', value: failed, unit: '', most: 0 });
  return figures;
}

function workloads(scale: Scale): readonly Workload[] {
  return [
    { title: '1 connection', connections: 1, depth: 1 },
    { title: '50 connections', connections: 50, depth: 1, least: { ws: 0.85 } },
    { title: `${many[scale].toLocaleString('en')} connections`, connections: many[scale], depth: 1 },
    { title: '50 connections, 32 messages a write', connections: 50, depth: 32, least: { ws: 0.92 } },
  ];
}
