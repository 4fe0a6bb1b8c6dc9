import { own } from './lineup.ts';
import { cpuTimeOf, type Generated, type Server } from './peer.ts';
import { type Figure, quantile } from './report.ts';

/** What the rounds of one workload are made of. */
export interface Turns {
  /** The workload, as in `hello`. */
  readonly title: string;
  /** What is counted, as in `request`. */
  readonly unit: string;
  readonly rounds: number;
  /** What the ratio of {@link own} to a server, by its name, should at least be. */
  readonly least?: Readonly<Record<string, number>>;
}

interface Turn {
  /** A second. */
  readonly rate: number;
  /** Microseconds of the server's CPU time for each that is counted. */
  readonly cpu: number;
  readonly busy: number;
}

/** How a server is loaded. */
export interface Load {
  /** Opens what has to be open; not measured. */
  open?(server: Server): Promise<unknown>;
  run(server: Server): Promise<Generated>;
}

/** What one workload has shown, and how much of it failed. */
export interface Outcome {
  readonly figures: readonly Figure[];
  readonly failed: number;
}

/**
 * Loads servers one after another, round by round, so that what else the machine does meets them all, and
 * compares {@link own} with each of the others within a round. Each is loaded once before, which is not counted.
 */
export async function takeTurns(servers: readonly Server[], load: Load, turns: Turns): Promise<Outcome> {
  const taken = new Map<string, Turn[]>(servers.map(({ name }) => [name, []]));
  let failed = 0;
  for (const server of servers) {
    await load.open?.(server);
    await load.run(server);
  }
  for (let round = 0; round < turns.rounds; round++) {
    for (const server of servers) {
      await load.open?.(server);
      const before = cpuTimeOf(server.pid);
      const generated = await load.run(server);
      const cpu = ((cpuTimeOf(server.pid) - before) * 1_000) / generated.count;
      failed += generated.failed;
      taken.get(server.name)?.push({ rate: generated.count / (generated.took / 1_000), cpu, busy: generated.busy });
    }
  }
  return { figures: toFigures(servers, taken, turns), failed };
}

function toFigures(servers: readonly Server[], taken: ReadonlyMap<string, readonly Turn[]>, turns: Turns): Figure[] {
  const { title, unit, least = {} } = turns;
  const figures: Figure[] = [];
  for (const { name, version } of servers) {
    const list = taken.get(name) ?? [];
    figures.push(
      toFigure(
        `${title}: ${`${name} ${version}`.trimEnd()}`,
        list.map(({ rate }) => Math.round(rate)),
        `${unit}s/s`,
      ),
    );
  }
  const ours = taken.get(own) ?? [];
  for (const { name } of servers) {
    if (name === own) continue;
    const list = taken.get(name) ?? [];
    const aim = least[name] === undefined ? {} : { least: least[name] };
    const ratios = ours.map(({ rate }, round) => rate / (list[round]?.rate ?? NaN));
    // A generator that has no more to give flatters the slower server: the CPU time it costs does not depend on that.
    const byCpu = ours.map(({ cpu }, round) => (list[round]?.cpu ?? NaN) / cpu);
    figures.push({ ...toFigure(`${title}: ${own} / ${name}`, ratios, ''), ...aim });
    figures.push({ ...toFigure(`${title}: ${own} / ${name}, for the same CPU time`, byCpu, ''), ...aim });
  }
  for (const { name } of servers) {
    const list = taken.get(name) ?? [];
    figures.push(
      toFigure(
        `${title}: CPU time of ${name}`,
        list.map(({ cpu }) => cpu),
        `µs/${unit}`,
      ),
    );
    figures.push(
      toFigure(
        `${title}: CPU of the generator, ${name}`,
        list.map(({ busy }) => Math.round(busy * 100)),
        '%',
      ),
    );
  }
  // CPU time is not counted everywhere, and too coarsely for the tiny form.
  return figures.filter(({ value }) => Number.isFinite(value));
}

function toFigure(name: string, values: readonly number[], unit: string): Figure {
  return { name, value: quantile(values, 0.5), unit, spread: [Math.min(...values), Math.max(...values)] };
}
