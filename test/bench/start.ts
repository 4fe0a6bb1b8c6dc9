import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestHost } from '../scenario/host.ts';
import { HttpConnection, toGet } from './connection.ts';
import { appName, publishApp } from './growth.ts';
import { cpuTimeOf } from './peer.ts';
import { type Figure, quantile, type Scale } from './report.ts';

const sizes = { full: [0, 10, 100, 1_000], quick: [0, 10, 1_000], tiny: [0, 10] } as const;
const rounds = { full: 7, quick: 2, tiny: 1 } as const;
/** Milliseconds until a host with the most functions is ready. */
const readyTarget = 1_500;
const largest = 1_000;

/** A start, in milliseconds: since the process was begun, and of control's CPU time. */
interface Start {
  readonly ready: number;
  readonly answered: number;
  readonly cpu: number;
  /** Whether the first answer was the right one. */
  readonly right: boolean;
}

/** An app on the disk, with the starts of it. */
interface Place {
  readonly size: number;
  readonly dir: string;
  readonly starts: Start[];
}

/** How long a host takes from the start of its process, by how many functions it has. Sizes take turns, round by round. */
export async function benchStart(scale: Scale): Promise<readonly Figure[]> {
  const places = await Promise.all(
    sizes[scale].map(async (size): Promise<Place> => ({ size, dir: await mkdtemp(join(tmpdir(), 'hearth-bench-')), starts: [] })),
  );
  try {
    const served: number[] = [];
    for (const { size, dir } of places) served.push(await fill(dir, size));
    for (let round = 0; round < rounds[scale]; round++) for (const place of places) place.starts.push(await start(place));
    const [none] = places;
    return [
      ...places.flatMap((place, index) => toFigures(place, served[index] ?? NaN, none)),
      { name: 'starts', value: places.reduce((sum, { starts }) => sum + starts.length, 0), unit: '' },
      {
        name: 'first answers that were wrong',
        value: places.reduce((sum, { starts }) => sum + starts.filter(({ right }) => !right).length, 0),
        unit: '',
        most: 0,
      },
    ];
  } finally {
    await Promise.all(places.map(({ dir }) => rm(dir, { recursive: true, force: true })));
  }
}

/** Leaves a folder with exactly so many functions; answers how many the host counts. */
async function fill(dir: string, size: number): Promise<number> {
  await using host = await TestHost.start({ dataDir: dir });
  const starters: readonly { readonly name: string }[] = (await host.api('GET', '/v1/functions')).json.functions;
  await host.api('POST', '/v1/publish', { deleted: starters.map(({ name }) => name) });
  await publishApp(host, size);
  return (await host.api('GET', '/v1/functions')).json.functions.length;
}

async function start({ size, dir }: Place): Promise<Start> {
  const begun = performance.now();
  await using host = await TestHost.start({ dataDir: dir, env: { LOG_LEVEL: 'warn' } });
  const ready = performance.now() - begun;
  const connection = await HttpConnection.open(host.port);
  // Without functions, that there is none is an answer of the worker's as well.
  const { status, body } = await connection.request(toGet(`/${appName(1)}`));
  const answered = performance.now() - begun;
  connection.close();
  const right = size === 0 ? status === 404 : body === '{"version":0}';
  return { ready, answered, cpu: cpuTimeOf(host.process.pid ?? NaN), right };
}

function toFigures({ size, starts }: Place, served: number, none: Place | undefined): readonly Figure[] {
  const title = `${size.toLocaleString('en')} functions`;
  const ratios = starts.map(({ ready }, round) => ready / (none?.starts[round]?.ready ?? NaN));
  const of = (name: string, values: readonly number[], unit: string): Figure => ({
    name: `${title}: ${name}`,
    value: quantile(values, 0.5),
    unit,
    spread: [Math.min(...values), Math.max(...values)],
  });
  const figures: readonly Figure[] = [
    { name: `${title}: served`, value: served, unit: '', least: size },
    {
      ...of(
        'start to ready',
        starts.map(({ ready }) => ready),
        'ms',
      ),
      ...(size === largest && { most: readyTarget }),
    },
    of(
      'start to the first answer',
      starts.map(({ answered }) => answered),
      'ms',
    ),
    of(
      'CPU time of control until then',
      starts.map(({ cpu }) => cpu),
      'ms',
    ),
    ...(size === 0 ? [] : [of('start to ready / with none', ratios, '')]),
  ];
  // CPU time is not counted everywhere.
  return figures.filter(({ value }) => Number.isFinite(value));
}
