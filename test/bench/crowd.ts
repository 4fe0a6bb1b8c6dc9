import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Counted } from './jobs.ts';
import { type Figure, quantile, type Scale } from './report.ts';
import { addUp, type Broadcasted, type Seats, Station } from './station.ts';

const sizes = { full: [1_000, 10_000, 100_000], quick: [1_000, 10_000], tiny: [20] } as const;
const rounds = { full: 7, quick: 5, tiny: 2 } as const;
/** The same while many hosts share the cores, where each takes long. */
const roundsOfAll = 3;
const warmups = 2;
/** Milliseconds after which no more hosts are filled: a machine that is too slow for all of it says how far it got. */
const patience = 60_000;
/**
 * Milliseconds in which what was done has come to rest. V8 keeps pages that a collection has emptied, up to 50 MB
 * of them, for ten seconds: the short forms count those in.
 */
const rest = { full: 12_000, quick: 1_000, tiny: 10 } as const;
/** Milliseconds after the last message in which what it took has ended. */
const settling = { full: 2_000, quick: 1_000, tiny: 10 } as const;
const megabyte = 1024 ** 2;

/** Files that a process needs besides its sockets, generously. */
const spare = 500;
/** Connections that one address can surely have to one port: Linux gives out 28,232 numbers unless told otherwise. */
const ports = 25_000;

/** What idle sockets cost, how long one message to all of them takes, and whether anything stays when they have left. */
export async function benchCrowd(scale: Scale): Promise<readonly Figure[]> {
  const limit = openFiles();
  const total = Math.max(...sizes[scale]);
  const room = Math.min(total, limit - spare);
  const seats = createSeats(limit);
  const env = toSettings(room);
  await using station = await Station.start(env, seats);
  const empty = await station.weigh(rest[scale]);
  const figures: Figure[] = [{ name: 'worker RSS before', value: empty.rss / megabyte, unit: 'MB' }];
  for (const size of new Set(sizes[scale].map((wanted) => Math.min(wanted, room)))) figures.push(...(await grow(station, size, scale)));
  if (room < total) figures.push(...(await spread(station, { total, room, env, seats, rest: rest[scale] })));
  const size = station.size;
  const left = await station.leave();
  const after = await station.weigh(rest[scale]);
  return [
    ...figures,
    { name: 'left', value: left.count, unit: '', least: size },
    { name: 'cloud.sockets when all have left', value: after.sockets, unit: '', most: 0 },
    { name: 'worker RSS when all have left', value: after.rss / megabyte, unit: 'MB' },
    { name: 'worker heap growth when all have left', value: (after.heapUsed - empty.heapUsed) / megabyte, unit: 'MB' },
  ];
}

/** One host with so many sockets. */
async function grow(station: Station, size: number, scale: Scale): Promise<Figure[]> {
  const { bench, empty } = station;
  const gathered = await station.grow(size);
  const talked = await station.talk();
  await delay(settling[scale]);
  const busy = bench.resident().workers.get(await bench.host.workerPid()) ?? NaN;
  const idle = await station.weigh(rest[scale]);
  const heard = await broadcasts([station], rounds[scale]);
  const after = await bench.memory();
  const perSocket = (idle.rss - empty.rss) / size;
  const figures: readonly Figure[] = [
    { name: 'connected', value: station.size, unit: '', least: size },
    { name: 'connects', value: gathered.count / (gathered.took / 1_000), unit: '/s' },
    { name: 'CPU of the client meanwhile', value: gathered.busy * 100, unit: '%' },
    { name: 'echoes', value: talked.count, unit: '', least: size },
    { name: 'echoes in one round', value: talked.count / (talked.took / 1_000), unit: '/s' },
    { name: 'cloud.sockets while idle', value: idle.sockets, unit: '', least: size },
    { name: 'worker RSS while idle, garbage not collected', value: busy / megabyte, unit: 'MB' },
    { name: 'worker RSS while idle', value: idle.rss / megabyte, unit: 'MB' },
    // Of a few sockets it is mostly what the first ones have had compiled.
    { name: 'worker RSS for 10,000 idle sockets', value: (perSocket * 10_000) / megabyte, unit: 'MB', ...(size >= 10_000 && { most: 90 }) },
    { name: 'worker heap for each idle socket', value: (idle.heapUsed - empty.heapUsed) / 1024 / size, unit: 'KB' },
    ...toFigures(heard, [station], { most: 10 }),
    { name: 'worker RSS after the broadcasts', value: after.rss / megabyte, unit: 'MB' },
    { name: 'worker heap growth by the broadcasts', value: (after.heapUsed - idle.heapUsed) / megabyte, unit: 'MB' },
  ];
  return figures.map((figure) => ({ ...figure, name: `${size.toLocaleString('en')} on one host: ${figure.name}` }));
}

interface Spreading {
  readonly total: number;
  /** Sockets that one host has room for. */
  readonly room: number;
  readonly env: Readonly<Record<string, string>>;
  readonly seats: Seats;
  readonly rest: number;
}

/** As many hosts beside the first as it takes to hold all of the sockets. */
async function spread(first: Station, { total, room, env, seats, rest: pause }: Spreading): Promise<Figure[]> {
  const stations = [first];
  const missing = total - first.size;
  const more = Math.ceil(missing / room);
  let connected: Counted = { count: 0, failed: 0, took: 0 };
  try {
    for (let index = 0; index < more; index++) stations.push(await Station.start(env, seats));
    await Promise.all(stations.slice(1).map((station) => station.weigh(pause)));
    const until = performance.now() + patience;
    for (const [index, station] of stations.slice(1).entries()) {
      if (performance.now() > until) break;
      connected = addUp(connected, await station.grow(Math.floor((missing + index) / more)));
    }
    const figures = [
      { name: 'connects', value: connected.count / (connected.took / 1_000), unit: '/s' },
      ...(await holdAll(stations, total, pause)),
    ];
    return figures.map((figure) => ({ ...figure, name: `${total.toLocaleString('en')} over ${stations.length} hosts: ${figure.name}` }));
  } finally {
    await Promise.all(stations.slice(1).map((station) => station[Symbol.asyncDispose]()));
  }
}

async function holdAll(stations: readonly Station[], total: number, pause: number): Promise<Figure[]> {
  const idle = await Promise.all(stations.map((station) => station.weigh(pause)));
  const heard = await broadcasts(stations, roundsOfAll);
  const alone: number[] = [];
  for (const station of stations) {
    const one = await broadcasts([station], roundsOfAll);
    alone.push(...one.flat().map(({ block }) => block));
  }
  const after = await Promise.all(stations.map(({ bench }) => bench.memory()));
  const growth = sum(idle.map(({ rss }, index) => rss - (stations[index]?.empty.rss ?? NaN)));
  return [
    { name: 'connected', value: sum(stations.map(({ size }) => size)), unit: '', least: total },
    { name: 'cloud.sockets while idle', value: sum(idle.map(({ sockets }) => sockets)), unit: '', least: total },
    { name: 'RSS of all workers while idle', value: sum(idle.map(({ rss }) => rss)) / megabyte, unit: 'MB' },
    { name: 'worker RSS for 10,000 idle sockets', value: ((growth / total) * 10_000) / megabyte, unit: 'MB', most: 90 },
    // So many processes wait for a core much longer than any of them holds up its loop: no target.
    ...toFigures(heard, stations, {}),
    {
      name: 'longest block of a loop, one host after another',
      value: quantile(alone, 0.5),
      unit: 'ms',
      spread: [Math.min(...alone), Math.max(...alone)],
      most: 10,
    },
    { name: 'RSS of all workers after the broadcasts', value: sum(after.map(({ rss }) => rss)) / megabyte, unit: 'MB' },
  ];
}

/** One message from each of the hosts to all of its sockets, at the same moment; again for each round. */
async function broadcasts(stations: readonly Station[], times: number): Promise<readonly (readonly Broadcasted[])[]> {
  const heard: (readonly Broadcasted[])[] = [];
  for (let round = -warmups; round < times; round++) {
    await Promise.all(stations.map((station) => station.listen()));
    await delay(50);
    const all = await Promise.all(stations.map((station) => station.broadcast()));
    if (round >= 0) heard.push(all);
    // It would not get better, and each takes its whole time.
    if (all.some(({ ended }) => Number.isNaN(ended))) return [all];
  }
  return heard;
}

function toFigures(heard: readonly (readonly Broadcasted[])[], stations: readonly Station[], target: Pick<Figure, 'most'>): Figure[] {
  const size = sum(stations.map((station) => station.size));
  const took = heard.map((all) => Math.max(...all.map(({ ended }) => ended)) - Math.min(...all.map(({ begun }) => begun)));
  const blocks = heard.map((all) => Math.max(...all.map(({ block }) => block)));
  const reached = heard.map((all) => sum(all.map(({ complete }) => complete)));
  return [
    { name: 'reached by a broadcast', value: Math.min(...reached), unit: '', least: size },
    { name: 'last delivery', value: quantile(took, 0.5), unit: 'ms', spread: [Math.min(...took), Math.max(...took)] },
    {
      name: 'longest block of a loop',
      value: quantile(blocks, 0.5),
      unit: 'ms',
      spread: [Math.min(...blocks), Math.max(...blocks)],
      ...target,
    },
    {
      name: 'CPU of the busiest client',
      value:
        quantile(
          heard.flatMap((all) => all.map(({ busy }) => busy)),
          0.5,
        ) * 100,
      unit: '%',
    },
  ];
}

/** What hosts need so that so many come at once from this machine, and answer no pings. */
function toSettings(room: number): Readonly<Record<string, string>> {
  return {
    // Spread over the interval: even an hour would have some sockets pinged during a broadcast, and counted wrong.
    WEBSOCKET_PING_MS: '86400000',
    TRUSTED_ADDRESSES: ['127.0.0.1', '::1', ...Array.from({ length: 99 }, (_, index) => toAddress(index))].join(),
    ...(room > 50_000 && { WORKER_MEMORY_LIMIT_MB: '4096' }),
  };
}

/** An address for each client process: one has not ports enough for all. Only Linux has more than one without being told. */
function createSeats(limit: number): Seats {
  let next = 0;
  const address = (): string | undefined => (process.platform === 'linux' ? toAddress(next++) : undefined);
  return { room: Math.min(limit - spare, ports), address };
}

function toAddress(index: number): string {
  return `127.0.0.${index + 2}`;
}

/** How many files a process may have open: Node takes the most that it may, and so do its children. */
function openFiles(): number {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  return Number.isNaN(limit) ? Infinity : limit;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
