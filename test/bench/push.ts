import { Awake } from './awake.ts';
import { BenchHost } from './host.ts';
import type { PushTimes, PushTurn } from './jobs.ts';
import { cpuTimeOf, Peer } from './peer.ts';
import { placements } from './placement.ts';
import { ClientProcess } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const crowds = { full: [1, 100, 1_000], quick: [1, 100, 1_000], tiny: [1, 20] } as const;
const turns = { full: 40, quick: 12, tiny: 2 } as const;
const ways = [
  { abreast: 1, pushes: { full: 200, quick: 100, tiny: 10 }, title: 'one at a time' },
  { abreast: 50, pushes: { full: 1_000, quick: 500, tiny: 100 }, title: '50 under way' },
] as const;

/** As users keep their sockets: by the user's id, in what functions share. */
const websocketSource = `
import cloud, { type FunctionSocket } from '@lafjs/cloud';
const sockets: Map<string, FunctionSocket> = cloud.shared.get('socketsByUser') ?? new Map();
cloud.shared.set('socketsByUser', sockets);
export function upgrade(ctx: any) {
  return { id: ctx.query.user };
}
export default async function (ctx: FunctionContext) {
  const { socket } = ctx;
  if (!socket) return;
  const id = String(ctx.user?.id);
  if (ctx.method === 'WebSocket:connection') {
    sockets.set(id, socket);
    socket.send(JSON.stringify({ type: 'welcome' }));
  }
  if (ctx.method === 'WebSocket:close' && sockets.get(id) === socket) sockets.delete(id);
}`;

const pushSource = `
import cloud, { type FunctionSocket } from '@lafjs/cloud';
export default async function (ctx: FunctionContext) {
  const sockets: Map<string, FunctionSocket> | undefined = cloud.shared.get('socketsByUser');
  const socket = sockets?.get(ctx.query.userId);
  if (socket?.readyState !== 1) {
    ctx.response?.status(404);
    return { sent: false };
  }
  socket.send(JSON.stringify({ type: 'push', message: ctx.query.message, at: Number(process.hrtime.bigint()) / 1e3 }));
  return { sent: true };
}`;

/** A message from a function to the socket of a user, beside the same with node:http, ws and a Map. */
export async function benchPush(scale: Scale): Promise<readonly Figure[]> {
  // The clients answer no pings.
  await using bench = await BenchHost.start({ WEBSOCKET_PING_MS: '3600000' });
  await bench.publish('__websocket__', websocketSource);
  await bench.publish('push', pushSource);
  await using plain = await Peer.startPlain('');
  await using client = new ClientProcess();
  await using _awake = new Awake();
  const ports = [plain.port, bench.port];
  const pids = [plain.pid, await bench.host.workerPid()];
  placements(client.pid, pids).at(-1)?.place();
  const figures: Figure[] = [];
  const counts = { pushes: 0, lost: 0 };
  for (const users of crowds[scale]) {
    await client.do('users', { ports, count: users });
    for (const { abreast, pushes: every, title } of ways) {
      const job = { ports, abreast, pushes: every[scale], turns: turns[scale] };
      // What is not compiled yet would count for whoever comes first.
      await client.do('push', { ...job, turns: Math.ceil(job.turns / 4) });
      const before = pids.map(cpuTimeOf);
      const measured = await client.do('push', job);
      const cpu = pids.map((pid, index) => cpuTimeOf(pid) - (before[index] ?? NaN));
      const [theirs = [], ours = []] = measured.turns;
      const name = `${users.toLocaleString('en')} ${users === 1 ? 'user' : 'users'}, ${title}`;
      figures.push(...compare(name, ours, theirs), {
        name: `${name}: CPU time, Hearth / ws`,
        value: (cpu[1] ?? NaN) / (cpu[0] ?? NaN),
        unit: '',
      });
      counts.pushes += ours.length * job.pushes;
      for (const turn of [...ours, ...theirs]) counts.lost += turn.lost;
    }
  }
  return [
    // Too short for a system that counts in hundredths of a second.
    ...figures.filter(({ value }) => Number.isFinite(value)),
    { name: 'pushes by functions', value: counts.pushes, unit: '' },
    { name: 'pushes that were lost', value: counts.lost, unit: '', most: 0 },
  ];
}

/** The figures of one way: times from the request and from the send, and what they are of those beside it within a turn. */
function compare(name: string, ours: readonly PushTurn[], theirs: readonly PushTurn[]): Figure[] {
  const from = [
    ['from the request', (turn: PushTurn) => turn.asked],
    ['from the send', (turn: PushTurn) => turn.sent],
  ] as const;
  return from.flatMap(([title, timesOf]) => {
    const own = ours.map(timesOf);
    const other = theirs.map(timesOf);
    return [
      { name: `${name}, ${title}: p50`, ...toFigure(own.map(({ p50 }) => p50)), unit: 'µs' },
      { name: `${name}, ${title}: p99`, ...toFigure(own.map(({ p99 }) => p99)), unit: 'µs' },
      { name: `${name}, ${title}: longest`, value: Math.max(...own.map(({ longest }) => longest)), unit: 'µs' },
      { name: `${name}, ${title}: longest of ws`, value: Math.max(...other.map(({ longest }) => longest)), unit: 'µs' },
      { name: `${name}, ${title}: p50, Hearth / ws`, ...toFigure(ratios(own, other, 'p50')), unit: '' },
      { name: `${name}, ${title}: p99, Hearth / ws`, ...toFigure(ratios(own, other, 'p99')), unit: '' },
    ];
  });
}

function ratios(own: readonly PushTimes[], other: readonly PushTimes[], key: keyof PushTimes): number[] {
  return own.map((times, turn) => times[key] / (other[turn]?.[key] ?? NaN));
}

/** The median of the turns with the middle half of them. */
function toFigure(values: readonly number[]): Pick<Figure, 'value' | 'spread'> {
  return { value: quantile(values, 0.5), spread: [quantile(values, 0.25), quantile(values, 0.75)] };
}
