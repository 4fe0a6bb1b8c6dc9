import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { api, type Ground } from './ground.ts';
import { countDescriptors, listProcesses, workersOf } from './processes.ts';
import { request } from './request.ts';

/** What is measured of the host while nobody uses it. Memory in bytes, the others are counts. */
export interface Measured {
  readonly workerPid: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** By how much something may have grown: a tenth, or so much if that is more. A heap and an RSS are never twice the same. */
const floors: readonly (readonly [figure: RegExp, floor: number])[] = [
  [/heap|external/, 3 * 1024 ** 2],
  // What V8 and malloc keep for later: only much of it means something.
  [/RSS/, 64 * 1024 ** 2],
  [/sockets|uploads|children|groups/, 0],
  [/./, 2],
];

/** Where control writes what its probe has found. */
export function probeFile(dataDir: string): string {
  return join(dataDir, 'probe.json');
}

/** Calls that log 500 lines each: together more than control keeps in memory. */
const fillings = 44;

/** Fills what control keeps of the log with the same lines each time, so that it is no difference between two measurements. */
export async function fillLog({ host }: Ground): Promise<void> {
  for (let n = 0; n < fillings; n++) {
    await request({ port: host.port, path: '/soak-fill' });
    // Fewer lines a second than a worker may log.
    await sleep(110);
  }
}

/** Measures control and the serving worker; nobody may use the host meanwhile. */
export async function measure(ground: Ground): Promise<Measured> {
  const { host } = ground;
  const { worker } = (await api(ground, 'GET', '/v1/status')).json;
  // Two rounds: what the first one sets free takes others with it.
  await request({ port: host.port, path: '/soak-measure' });
  await sleep(300);
  const { json } = await request({ port: host.port, path: '/soak-measure' });
  const own: { heapUsed: number; external: number; rss: number; fds: number; resources: readonly string[]; sockets: number } = json;
  await probe(host.process.pid ?? 0, probeFile(host.dataDir));
  const control = await probe(host.process.pid ?? 0, probeFile(host.dataDir));
  const processes = listProcesses();
  return {
    workerPid: worker.pid,
    figures: {
      'worker heap': own.heapUsed,
      'worker external memory': own.external,
      'worker RSS': own.rss,
      'worker descriptors': own.fds,
      'worker timers': count(own.resources, /Timeout|Immediate/),
      'worker handles and requests': own.resources.length,
      'worker sockets': own.sockets,
      'worker children': processes.filter(({ group, pid }) => group === worker.pid && pid !== worker.pid).length,
      'control heap': control.heapUsed,
      'control external memory': control.external,
      'control RSS': control.rss,
      'control descriptors': countDescriptors(host.process.pid ?? 0),
      'control timers': count(control.resources, /Timeout|Immediate/),
      'control handles and requests': control.resources.length,
      'control children': processes.filter(({ parent }) => parent === host.process.pid).length,
      'uploads left': countUploads(join(host.dataDir, 'uploads')),
    },
  };
}

/** Folders of uploads, and what is in them. */
function countUploads(dir: string): number {
  const found = existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : [];
  return found.filter((path) => path.includes('upload')).length;
}

interface Probed {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  readonly resources: readonly string[];
}

async function probe(pid: number, file: string): Promise<Probed> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let wait = 0; wait < 200; wait++) {
    await sleep(50);
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Probed;
    } catch {
      // Not written, or not whole yet.
    }
  }
  throw new Error('control has not told its memory within 10 s');
}

function count(resources: readonly string[], kind: RegExp): number {
  return resources.filter((resource) => kind.test(resource)).length;
}

/** Compares figures whose names begin so; answers one line for each, and those that have grown too much. */
export function compare(
  before: Measured,
  after: Measured,
  part: RegExp,
): { readonly lines: readonly string[]; readonly leaks: readonly string[] } {
  const lines: string[] = [];
  const leaks: string[] = [];
  for (const [figure, start] of Object.entries(before.figures)) {
    if (!part.test(figure)) continue;
    const end = after.figures[figure] ?? NaN;
    const floor = floors.find(([pattern]) => pattern.test(figure))?.[1] ?? 0;
    const most = start + Math.max(start * 0.1, floor);
    const leaked = !(end <= most);
    const line = `${figure.padEnd(28)} ${show(figure, start)} -> ${show(figure, end)} (at most ${show(figure, most)})${leaked ? '  LEAK' : ''}`;
    lines.push(line);
    if (leaked) leaks.push(line);
  }
  return { lines, leaks };
}

function show(figure: string, value: number): string {
  return /heap|external|RSS/.test(figure) ? `${(value / 1024 ** 2).toFixed(1)} MB` : String(Math.round(value * 10) / 10);
}

/** Processes that a host's workers, which are no more, have left behind. */
export function orphans(host: number, workers: ReadonlySet<number>): readonly string[] {
  const living = new Set(workersOf(host).map(({ pid }) => pid));
  return listProcesses()
    .filter(({ group }) => workers.has(group) && !living.has(group))
    .map(({ pid, command }) => `${pid} ${command}`);
}
