import { TestHost } from '../scenario/host.ts';
import { echoSource } from './functions.ts';
import { appSource, publishApp } from './growth.ts';
import { BenchHost } from './host.ts';
import { cpuTimeOf } from './peer.ts';
import { ClientProcess } from './process.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const sizes = { full: [10, 100, 1_000], quick: [10, 100, 1_000], tiny: [5, 10, 20] } as const;
const rounds = { full: 20, quick: 5, tiny: 2 } as const;
/** Publishes of one turn. */
const publishes = { full: 10, quick: 10, tiny: 4 } as const;
/** What a publish may take with the most functions, as a multiple of the fewest. */
const growthTarget = 1.3;

/** What one size has shown in one mode, turn by turn. */
interface Shown {
  readonly turns: (readonly number[])[];
  notLive: number;
}

/** A host whose app has so many functions. */
interface Place {
  readonly size: number;
  readonly bench: BenchHost;
  readonly worker: number;
  readonly idle: Shown;
  readonly loaded: Shown;
  readonly busyWorker: number[];
  readonly busyGenerator: number[];
  version: number;
  lost: number;
  stale: number;
  requests: number;
  messages: number;
}

/** Whether a publish takes longer the more functions an app has. Hosts of each size take turns, idle and under load. */
export async function benchPublishGrowth(scale: Scale): Promise<readonly Figure[]> {
  await using hosts = new Hosts();
  await using client = new ClientProcess();
  for (const size of sizes[scale]) await publishApp(await hosts.start(), size);
  const places: Place[] = [];
  for (const [index, host] of hosts.started.entries()) places.push(await open(host, sizes[scale][index] ?? NaN));
  // The first ones warm what every later one uses.
  for (const place of places) await publishMany(place, publishes[scale]);
  for (let round = 0; round < rounds[scale]; round++) {
    // Whoever is first in a round is not so in the next.
    const order = places.map((_, index) => places[(index + round) % places.length]).filter((place) => place !== undefined);
    for (const place of order) take(place.idle, await publishMany(place, publishes[scale]));
    for (const place of order) await publishLoaded(place, client, publishes[scale]);
  }
  return [...places.flatMap(toFigures), ...toGrowth(places)];
}

/** Hosts that end together. */
class Hosts implements AsyncDisposable {
  readonly started: TestHost[] = [];

  async start(): Promise<TestHost> {
    const host = await TestHost.start({ env: { LOG_LEVEL: 'warn' } });
    this.started.push(host);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.started.map((host) => host[Symbol.asyncDispose]()));
  }
}

async function open(host: TestHost, size: number): Promise<Place> {
  const bench = await BenchHost.over(host);
  await bench.publish('version', appSource(1, 0));
  await bench.publish('__websocket__', echoSource(0));
  const worker = await bench.host.workerPid();
  const none = (): Shown => ({ turns: [], notLive: 0 });
  return {
    size,
    bench,
    worker,
    idle: none(),
    loaded: none(),
    busyWorker: [],
    busyGenerator: [],
    version: 0,
    lost: 0,
    stale: 0,
    requests: 0,
    messages: 0,
  };
}

async function publishLoaded(place: Place, client: ClientProcess, count: number): Promise<void> {
  await client.do('load', { port: place.bench.port, clients: 8, path: '/version' });
  const begun = performance.now();
  const cpu = cpuTimeOf(place.worker);
  take(place.loaded, await publishMany(place, count));
  place.busyWorker.push((cpuTimeOf(place.worker) - cpu) / (performance.now() - begun));
  const result = await client.do('settle', {});
  place.busyGenerator.push(result.busy);
  place.lost += result.lostRequests + result.lostMessages;
  place.stale += result.stale;
  place.requests += result.requests;
  place.messages += result.messages;
}

/** Publishes a function of the app and the one of the sockets by turns, and calls each at once to see whether it is live. */
async function publishMany(place: Place, count: number): Promise<{ readonly took: readonly number[]; readonly notLive: number }> {
  const took: number[] = [];
  let notLive = 0;
  for (let published = 0; published < count; published++) {
    const version = ++place.version;
    const [name, source] = version % 2 === 0 ? ['version', appSource(1, version)] : ['__websocket__', echoSource(version)];
    took.push(await place.bench.publish(name, source));
    if ((await place.bench.call(`/${name}`)) !== JSON.stringify({ version })) notLive++;
  }
  return { took, notLive };
}

function take(shown: Shown, { took, notLive }: { readonly took: readonly number[]; readonly notLive: number }): void {
  shown.turns.push(took);
  shown.notLive += notLive;
}

function toFigures(place: Place): readonly Figure[] {
  const { idle, loaded, busyWorker, busyGenerator } = place;
  const title = titleOf(place);
  const all = loaded.turns.flat();
  return [
    { name: `${title}, idle: publishes`, value: idle.turns.flat().length, unit: '' },
    { name: `${title}, idle: p50`, value: quantile(idle.turns.flat(), 0.5), unit: 'ms', most: 5 },
    { name: `${title}, idle: p99`, value: quantile(idle.turns.flat(), 0.99), unit: 'ms' },
    { name: `${title}, under load: publishes`, value: all.length, unit: '' },
    { name: `${title}, under load: p50`, value: quantile(all, 0.5), unit: 'ms' },
    { name: `${title}, under load: p99`, value: quantile(all, 0.99), unit: 'ms', most: 20 },
    { name: `${title}: not live when answered`, value: idle.notLive + loaded.notLive, unit: '', most: 0 },
    { name: `${title}: requests and messages meanwhile`, value: place.requests + place.messages, unit: '' },
    { name: `${title}: lost requests and messages`, value: place.lost, unit: '', most: 0 },
    { name: `${title}: answers of an older version than before`, value: place.stale, unit: '', most: 0 },
    { name: `${title}: CPU of the worker`, value: toPercent(busyWorker), unit: '%' },
    { name: `${title}: CPU of the generator`, value: toPercent(busyGenerator), unit: '%' },
  ].filter(({ value }) => Number.isFinite(value));
}

/** How the medians of a round's turns compare: what else the machine does meets all sizes of a round. */
function toGrowth(places: readonly Place[]): readonly Figure[] {
  const [least] = places;
  const most = places.at(-1);
  if (!least || !most) return [];
  return (['idle', 'loaded'] as const).map((mode) => {
    const ratios = most[mode].turns.map((turn, round) => quantile(turn, 0.5) / quantile(least[mode].turns[round] ?? [], 0.5));
    return {
      name: `${mode === 'idle' ? 'idle' : 'under load'}: p50 with ${titleOf(most)} / with ${titleOf(least)}`,
      value: quantile(ratios, 0.5),
      unit: '',
      spread: [Math.min(...ratios), Math.max(...ratios)],
      most: growthTarget,
    };
  });
}

function titleOf({ size }: Place): string {
  return `${size.toLocaleString('en')} functions`;
}

function toPercent(shares: readonly number[]): number {
  return Math.round(quantile(shares, 0.5) * 100);
}
