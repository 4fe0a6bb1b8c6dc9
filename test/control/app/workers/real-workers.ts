import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Builder, createBuilder } from '../../../../runtime/build/builder.ts';
import type { CrashReport } from '../../../../runtime/control/app/workers/crash-report.ts';
import { Quarantine } from '../../../../runtime/control/app/workers/quarantine.ts';
import { StartAttempts } from '../../../../runtime/control/app/workers/start-attempts.ts';
import { WorkerSupervisor } from '../../../../runtime/control/app/workers/supervisor.ts';
import { workerFlags } from '../../../../runtime/control/app/workers/worker-flags.ts';
import { bindListener, type Listener } from '../../../../runtime/control/host/listener.ts';
import type { BuiltFunction } from '../../../../runtime/kernel/functions/revision.ts';
import type { WorkerSettings } from '../../../../runtime/kernel/protocol/settings.ts';
import { settings as defaults } from '../../../sdk/host.ts';

/** The worker's program as `npm start` runs it. */
export const entry = resolve(import.meta.dirname, '../../../../dist/worker.js');

/** A supervisor over real worker processes on a free port, with the functions that it is given. */
export class RealWorkers implements AsyncDisposable {
  readonly supervisor: WorkerSupervisor;
  readonly settings: WorkerSettings;
  readonly crashes: CrashReport[] = [];
  readonly lines: string[] = [];
  readonly quarantine = new Quarantine(async () => []);
  /** What is live: what the next worker is given. */
  live: readonly BuiltFunction[];
  readonly #builder: Builder;
  readonly #listener: Listener;
  readonly #dir: string;

  private constructor(builder: Builder, listener: Listener, dir: string, live: readonly BuiltFunction[]) {
    this.#builder = builder;
    this.#listener = listener;
    this.#dir = dir;
    this.live = live;
    this.settings = { ...defaults, packagesDir: dir, uploadDir: join(dir, 'uploads'), limits: { ...defaults.limits, stuckTime: 2_000 } };
    this.supervisor = new WorkerSupervisor({
      entry,
      flags: workerFlags({ entry, settings: this.settings, permissions: 'full' }),
      settings: this.settings,
      handle: listener.handle,
      stopTimeout: 2_000,
      quarantine: this.quarantine,
      attempts: new StartAttempts(join(dir, 'start-attempts.json'), (message) => void this.lines.push(message)),
      crashes: { add: (report) => void this.crashes.push(report) },
      functions: () => this.live,
      onLogs: () => {},
      onLoad: () => {},
      recentLogs: () => [],
      log: (_level, message) => void this.lines.push(message),
    });
  }

  /** Starts workers with these functions, by name, at revision 1. */
  static async start(sources: Readonly<Record<string, string>>): Promise<RealWorkers> {
    const dir = await mkdtemp(join(tmpdir(), 'hearth-workers-'));
    const builder = createBuilder();
    const live = await Promise.all(Object.entries(sources).map(([name, source]) => build(builder, { name, source, revision: 1 })));
    const workers = new RealWorkers(builder, await bindListener('127.0.0.1', 0), dir, live);
    workers.supervisor.prepare();
    await workers.supervisor.start();
    return workers;
  }

  build(name: string, revision: number, source: string): Promise<BuiltFunction> {
    return build(this.#builder, { name, source, revision });
  }

  /** Calls a function over HTTP: its status and text. */
  async call(name: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#listener.port}/${name}`);
    return `${response.status} ${await response.text()}`;
  }

  /** The process id of the worker that serves; 0 while none does. */
  get pid(): number {
    const { worker } = this.supervisor.status();
    return worker.state === 'serving' ? worker.pid : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop();
    this.#listener.close();
    await this.#builder.close();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function build(
  builder: Builder,
  { name, source, revision }: { name: string; source: string; revision: number },
): Promise<BuiltFunction> {
  const { compiled } = await builder.build({ name, source });
  return { name, revision, methods: undefined, code: compiled.code, map: compiled.map };
}
