import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { TestHost } from '../scenario/host.ts';
import { installFaults } from './faults.ts';
import { startFollower } from './follower.ts';
import { goodFunctions } from './functions.ts';
import { api, type Ground, install, type Running } from './ground.ts';
import { Journal } from './journal.ts';
import { compare, fillLog, type Measured, measure, orphans, probeFile } from './leaks.ts';
import { Ledger } from './ledger.ts';
import { restart, servingPid, startDisruptions } from './operator.ts';
import { auditLedger, startPublishing, toPair } from './publishing.ts';
import { Random } from './random.ts';
import { startFaults, provokeEach } from './storm.ts';
import { startSockets } from './sockets.ts';
import { startTraffic } from './traffic.ts';
import { CrashWatch } from './watch.ts';

const mostMinutes = 20;

/** Small, so that much happens. */
const limits: Readonly<Record<string, string>> = {
  LOG_LEVEL: 'error',
  FUNCTION_CPU_LIMIT_MS: '200',
  WORKER_STUCK_MS: '600',
  WORKER_MEMORY_LIMIT_MB: '300',
  FUNCTION_TIMEOUT_MS: '3000',
  STOP_TIMEOUT_MS: '4000',
  WEBSOCKET_EVENT_TIMEOUT_MS: '800',
  WEBSOCKET_BUFFER_LIMIT: '2mb',
  HEADERS_TIMEOUT_MS: '2000',
  HISTORY_LIMIT: '100000',
};

/** The parts of the time that is left when it was started and measured. */
const parts = { warmUp: 0.15, storm: 0.5, settleIn: 0.15, calm: 0.2 } as const;

/** Milliseconds that start, measuring and the audit take. */
const overhead = 40_000;

/** Milliseconds for which everybody is left alone before anything is measured: longer than any limit above. */
const rest = 4_000;

class Soak {
  readonly #ground: Ground;
  readonly #ledger = new Ledger();
  readonly #crashes: CrashWatch;
  readonly #minutes: number;
  readonly #workers = new Set<number>();
  #phases = 0;

  constructor(ground: Ground, minutes: number) {
    this.#ground = ground;
    this.#minutes = minutes;
    this.#crashes = new CrashWatch(ground);
  }

  async run(): Promise<boolean> {
    const { journal } = this.#ground;
    await this.#install();
    const watching = this.#crashes.start();
    const printing = setInterval(() => this.#print(), 10_000);
    try {
      await this.#phase('warm-up: traffic, publishes and every fault that a worker survives', parts.warmUp, true);
      const control = await this.#measure();
      await this.#phase('storm: with restarts, kills, stuck functions and memory bombs', parts.storm, false, () => [
        startDisruptions(this.#ground),
      ]);
      await this.#replace();
      await this.#phase('a fresh worker settles in', parts.settleIn, true);
      const worker = await this.#measure();
      await this.#phase('calm: faults that a worker survives', parts.calm, true);
      const end = await this.#measure();
      await this.#audit();
      await watching.stop();
      await this.#crashes.look();
      journal.settle(true);
      return this.#report(control, worker, end);
    } finally {
      clearInterval(printing);
      await watching.stop();
    }
  }

  async #install(): Promise<void> {
    for (const [name, source] of Object.entries(goodFunctions)) await install(this.#ground, name, source);
    const pair = await api(this.#ground, 'POST', '/v1/publish', { functions: toPair(0) });
    if (pair.status !== 200) throw new Error(`the pair: ${pair.status} ${pair.text}`);
    await installFaults(this.#ground);
  }

  /** Everybody at work for a part of the time; `each` provokes every fault that a worker survives once, too. */
  async #phase(title: string, part: number, each: boolean, more: () => readonly Running[] = () => []): Promise<void> {
    const { journal, random } = this.#ground;
    const time = part * Math.max(20_000, this.#minutes * 60_000 - overhead);
    const until = Date.now() + time;
    console.log(`${journal.clock()} ${title}, ${Math.round(time / 1000)} s`);
    // Each phase has an order of its own.
    const ground = { ...this.#ground, random: random.fork(`phase ${++this.#phases}`) };
    const running = [
      startTraffic(ground, { keepAlive: 6, fresh: 4 }),
      startSockets(ground, 30),
      startFollower(ground),
      startPublishing(ground, this.#ledger),
      startFaults(ground),
      ...more(),
    ];
    if (each) await provokeEach(ground);
    while (Date.now() < until) {
      await sleep(Math.min(500, Math.max(1, until - Date.now())));
      const { worker } = (await api(ground, 'GET', '/v1/status')).json;
      if (typeof worker.pid === 'number') this.#workers.add(worker.pid);
    }
    // Faults first, so that good requests end in peace.
    for (const one of running.toReversed()) await one.stop();
  }

  async #replace(): Promise<void> {
    await sleep(rest);
    await restart(this.#ground);
  }

  async #measure(): Promise<Measured> {
    await sleep(rest);
    await fillLog(this.#ground);
    return measure(this.#ground);
  }

  async #audit(): Promise<void> {
    const { host, journal } = this.#ground;
    for (const wrong of await auditLedger(this.#ground, this.#ledger)) journal.wrong(`audit: ${wrong}`);
    const { quarantined } = (await api(this.#ground, 'GET', '/v1/status')).json;
    for (const { name } of quarantined) if (!String(name).startsWith('fault-')) journal.wrong(`audit: ${name} is disabled`);
    this.#workers.delete(await servingPid(this.#ground));
    for (const orphan of orphans(host.process.pid ?? 0, this.#workers)) journal.wrong(`audit: a worker has left ${orphan}`);
  }

  #report(control: Measured, worker: Measured, end: Measured): boolean {
    const { journal } = this.#ground;
    const compared = [compare(control, end, /^(?:control|uploads)/), compare(worker, end, /^worker/)];
    if (worker.workerPid !== end.workerPid) journal.wrong('the worker was replaced in the calm phase');
    console.log('\nwhat was counted');
    for (const [what, count] of [...journal.counts].toSorted(([a], [b]) => a.localeCompare(b))) console.log(`  ${what}: ${count}`);
    console.log('\nwhat is left, from the warm-up (control) and from the fresh worker (worker) to the end');
    for (const { lines } of compared) for (const line of lines) console.log(`  ${line}`);
    const leaks = compared.flatMap((one) => one.leaks);
    console.log(`\n${journal.unexplained.length} unexplained, ${leaks.length} leaks`);
    for (const text of journal.unexplained.slice(0, 50)) console.log(`  ${text.split('\n', 1)[0]}`);
    return journal.unexplained.length + leaks.length === 0;
  }

  #print(): void {
    const { journal } = this.#ground;
    const of = (what: string): number => journal.counts.get(what) ?? 0;
    const figures = [
      `${of('requests')} requests`,
      `${of('echoes')} echoes`,
      `${of('pushes')} pushes`,
      `${of('publishes')} publishes`,
      `${of('publishes refused')} refused`,
      `${journal.sum('did fault')} faults`,
      `${journal.deaths.length} crashes`,
      `${journal.sum('did operator')} operator`,
      `${journal.sum('explained')} explained`,
      `${journal.unexplained.length} UNEXPLAINED`,
    ];
    console.log(`${journal.clock()} ${figures.join(', ')}`);
  }
}

function readOptions(args: readonly string[]): { readonly minutes: number; readonly seed: number } | undefined {
  const { values } = parseArgs({ args: [...args], options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const minutes = Number(values.minutes ?? mostMinutes);
  const seed = Number(values.seed ?? randomInt(2 ** 32));
  if (!(minutes > 0 && minutes <= mostMinutes) || !Number.isInteger(seed)) return undefined;
  return { minutes, seed };
}

/** Leaves nothing behind. */
async function abandon(host: TestHost, journal: Journal): Promise<void> {
  journal.close();
  await host.end();
  await rm(host.dataDir, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.error(`npm run soak -- [--minutes N, up to ${mostMinutes}] [--seed S, a whole number]`);
    process.exitCode = 1;
    return;
  }
  const { minutes, seed } = options;
  console.log(`soak for ${minutes} minutes; again with: --minutes ${minutes} --seed ${seed}`);
  const dataDir = await mkdtemp(join(tmpdir(), 'hearth-soak-'));
  const probe = fileURLToPath(new URL('./probe.js', import.meta.url));
  const env = { ...limits, NODE_OPTIONS: `--import=${probe}`, SOAK_PROBE: probeFile(dataDir) };
  const host = await TestHost.start({ dataDir, env });
  const journal = new Journal();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void abandon(host, journal).finally(() => process.kill(process.pid, signal)));
  }
  let passed = false;
  try {
    passed = await new Soak({ host, journal, random: new Random(seed) }, minutes).run();
  } finally {
    await host.end();
    if (passed) await rm(dataDir, { recursive: true, force: true });
    console.log(passed ? 'The soak has passed.' : `The soak has FAILED; seed ${seed}; logs and crash reports are in ${dataDir}.`);
    process.exitCode = passed ? 0 : 1;
  }
}

await main();
