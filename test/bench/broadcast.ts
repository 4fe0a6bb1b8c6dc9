import { setTimeout as delay } from 'node:timers/promises';
import { BenchHost } from './host.ts';
import { messageLength } from './plain-broadcast.ts';
import { ClientProcess, PlainServer } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const crowds = { full: [100, 1_000, 10_000], quick: [100, 1_000, 10_000], tiny: [20] } as const;
const rounds = { full: 21, quick: 7, tiny: 2 } as const;
const warmups = 3;
/** Milliseconds before each message, for what the one before has left to do. */
const rest = 50;
const megabyte = 1024 ** 2;

/** Sends one message to all sockets, by the helper and by the loop that users know; says how long the loop of events was held up. */
export const broadcastSource = `
import cloud from '@lafjs/cloud';
import { monitorEventLoopDelay } from 'node:perf_hooks';
const message = { text: 'x'.repeat(${messageLength - '{"text":""}'.length}) };
export default async (ctx: FunctionContext) => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 5));
  let sent = 0;
  const before = process.cpuUsage();
  const begun = Number(process.hrtime.bigint()) / 1e6;
  if (ctx.query.by === 'loop') {
    const text = JSON.stringify(message);
    for (const socket of cloud.sockets) {
      if (socket.readyState !== 1) continue;
      socket.send(text);
      sent += 1;
    }
  } else ({ sent } = await cloud.broadcast(message));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return { sent, begun, block: delay.max / 1e6, cpu: (user + system) / 1e3, kernel: system / (user + system) };
};`;

interface Measured {
  readonly took: number;
  readonly block: number;
  readonly cpu: number;
  /** The part of it that is the system's: writing to the sockets, and what the machine's network does of it at once. */
  readonly kernel: number;
  readonly busy: number;
  readonly missed: number;
}

/** One message to a crowd: the helper in a function, a loop in a function, and a loop over ws alone. */
export async function benchBroadcast(scale: Scale): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const count of crowds[scale]) figures.push(...(await measure(scale, count)));
  return figures;
}

async function measure(scale: Scale, count: number): Promise<Figure[]> {
  // The clients answer no pings, and would count them.
  await using bench = await BenchHost.start({ WEBSOCKET_PING_MS: '3600000' });
  await bench.publish('__websocket__', 'export default () => {};');
  await bench.publish('broadcast', broadcastSource);
  await using plain = await PlainServer.start();
  // One client for each: a process may not have as many files open as both crowds need.
  await using ours = new ClientProcess();
  await using theirs = new ClientProcess();
  const gathered = await ours.do('gather', { port: bench.port, count });
  await theirs.do('gather', { port: plain.port, count });
  await bench.memory();
  const before = await bench.memory();
  const hear = async (client: ClientProcess, port: number, path: string): Promise<Measured> => {
    const { answer, count: complete, ended, busy } = await client.do('hear', { port, path, bytes: messageLength + 4 });
    // Node's monotonic clock is the machine's: the two processes read the same.
    const { begun, ...shown } = JSON.parse(answer) as { begun: number; block: number; cpu: number; kernel: number };
    return { ...shown, took: ended - begun, busy, missed: count - complete };
  };
  const helper: Measured[] = [];
  const own: Measured[] = [];
  const raw: Measured[] = [];
  const ways = [
    { into: raw, hear: () => hear(theirs, plain.port, '/broadcast') },
    { into: helper, hear: () => hear(ours, bench.port, '/broadcast') },
    { into: own, hear: () => hear(ours, bench.port, '/broadcast?by=loop') },
  ];
  for (let round = -warmups; round < rounds[scale]; round += 1) {
    // Each comes first, second and third equally often: whoever follows another in one process is slower.
    const first = (round + warmups) % ways.length;
    for (const way of [...ways.slice(first), ...ways.slice(0, first)]) {
      await delay(rest);
      const heard = await way.hear();
      if (round >= 0) way.into.push(heard);
    }
  }
  const after = await bench.memory();
  return [
    { name: `${count.toLocaleString('en')}: connected`, value: gathered.count, unit: '', least: count },
    ...compare(count, helper, own, raw),
    {
      name: `${count.toLocaleString('en')}: sockets that missed a message`,
      value: sum([...helper, ...own, ...raw].map(({ missed }) => missed)),
      unit: '',
      most: 0,
    },
    { name: `${count.toLocaleString('en')}: worker heap growth`, value: (after.heapUsed - before.heapUsed) / megabyte, unit: 'MB' },
    { name: `${count.toLocaleString('en')}: worker RSS after`, value: after.rss / megabyte, unit: 'MB' },
  ];
}

function compare(count: number, helper: readonly Measured[], own: readonly Measured[], raw: readonly Measured[]): Figure[] {
  const median = (of: readonly Measured[], key: keyof Measured): number =>
    quantile(
      of.map((one) => one[key]),
      0.5,
    );
  const ratios = (key: 'took' | 'cpu', of: readonly Measured[]): number[] => of.map((one, round) => one[key] / (raw[round]?.[key] ?? NaN));
  const times = ratios('took', helper);
  const figures: readonly Figure[] = [
    { name: 'last delivery, helper', value: median(helper, 'took'), unit: 'ms' },
    { name: 'last delivery, loop in a function', value: median(own, 'took'), unit: 'ms' },
    { name: 'last delivery, loop over ws', value: median(raw, 'took'), unit: 'ms' },
    { name: 'last delivery, helper / ws: median', value: quantile(times, 0.5), unit: '', ...(count >= 10_000 && { most: 0.85 }) },
    { name: 'last delivery, helper / ws: lowest round', value: Math.min(...times), unit: '' },
    { name: 'last delivery, helper / ws: highest round', value: Math.max(...times), unit: '' },
    { name: 'last delivery, loop in a function / ws: median', value: quantile(ratios('took', own), 0.5), unit: '' },
    { name: 'CPU time of the server, helper / ws: median', value: quantile(ratios('cpu', helper), 0.5), unit: '' },
    { name: 'of that time in the system, helper', value: median(helper, 'kernel') * 100, unit: '%' },
    { name: 'of that time in the system, loop over ws', value: median(raw, 'kernel') * 100, unit: '%' },
    { name: 'longest block, helper: median', value: median(helper, 'block'), unit: 'ms', most: 10 },
    { name: 'longest block, helper: worst round', value: Math.max(...helper.map(({ block }) => block)), unit: 'ms' },
    { name: 'longest block, loop over ws: median', value: median(raw, 'block'), unit: 'ms' },
    { name: 'the client was busy', value: median(helper, 'busy') * 100, unit: '%' },
  ];
  return figures.map((figure) => ({ ...figure, name: `${count.toLocaleString('en')}: ${figure.name}` }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
