import { setTimeout as delay } from 'node:timers/promises';
import { poolVariable, startPool } from '../../internals/node-pool.ts';
import { HearthError } from '../../kernel/errors.ts';
import type { WorkerCalls, WorkerMethod, WorkerParams } from '../../kernel/protocol/worker-calls.ts';
import { PendingImport, stagingTime, whenLoaded } from '../../kernel/functions/pending-import.ts';
import type { BuiltChange } from '../../kernel/functions/revision.ts';
import type { Stage } from '../../kernel/functions/stage.ts';
import { provideLafVariables } from '../dialects/laf/variables.ts';
import { SelfCheck } from './self-check.ts';
import { ServedApp } from './served-app.ts';
import { showAuthorsText } from '../functions/authors-text.ts';
import type { TellLoad } from '../functions/load-reports.ts';
import { loadFailed } from '../functions/source-positions.ts';
import { boundBlockingCalls, markNativeCalls } from '../functions/blocking.ts';
import { guardDescriptors } from '../functions/host-descriptors.ts';
import { ownResources } from '../functions/owned-resources.ts';
import { redirectOutput } from '../functions/process-output.ts';
import { guardIntrinsics, keepIntrinsics } from '../functions/intrinsics.ts';
import type { SendLogs } from './worker-logs.ts';
import { initialize, runInit } from '../triggers/call/init-call.ts';
import { run } from '../triggers/run/run.ts';
import type { WatchdogLink } from '../watchdog/watchdog-link.ts';

/** Milliseconds between two looks at what functions share with the host. */
const intrinsicsInterval = 50;

/** Milliseconds that a worker waits for its functions' database before it serves without. */
const databaseTime = 5_000;

/** Milliseconds in which control has to take the last lines of the log. */
const lastLinesTime = 500;

/** What the process gives its worker. */
export interface WorkerParts {
  readonly sendLogs: SendLogs;
  readonly tellLoad: TellLoad;
  readonly watchdog: WatchdogLink;
  exit(code: number): void;
}

/** The calls of {@link WorkerCalls}, each returning its result or a promise of it. `serve` gets the handle that came with the message. */
export type WorkerHandlers = {
  [M in WorkerMethod]: (params: WorkerParams<M>, handle?: unknown) => ReturnType<WorkerCalls[M]> | Promise<ReturnType<WorkerCalls[M]>>;
};

/** A worker: holds functions from `load()` on, serves from `serve()` on, until `stop()`. */
export class Worker implements WorkerHandlers {
  readonly #parts: WorkerParts;
  readonly #stages = new Map<number, Stage>();
  /** Stages that wait for a package to load. */
  readonly #staging = new Set<number>();
  /** The runs under way, by the ids of their requests. */
  readonly #runs = new Map<string, AbortController>();
  readonly #selfCheck = new SelfCheck();
  #loaded: ServedApp | undefined;
  #flushOutput: (() => void) | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  get app(): ServedApp | undefined {
    return this.#loaded;
  }

  load({ settings, functions }: WorkerParams<'load'>): void {
    if (settings.env[poolVariable] === undefined) startPool();
    guardIntrinsics();
    showAuthorsText();
    this.#watchIntrinsics();
    boundBlockingCalls(settings.limits.cpuTime);
    provideLafVariables(process.env, settings);
    this.#loaded = new ServedApp({ settings, ...this.#parts });
    markNativeCalls(this.#loaded.calls);
    guardDescriptors();
    ownResources(this.#loaded.calls);
    this.#loaded.processEvents.install();
    this.#flushOutput = redirectOutput(this.#loaded.logs);
    this.#loaded.functions.install({ functions, deleted: [] });
    // Not awaited: a standby has to be ready at once.
    void this.#loaded.database?.connect(0);
  }

  async serve(_params: WorkerParams<'serve'>, handle?: unknown): Promise<void> {
    const loaded = this.#require();
    // Functions use it at their top level, and `__init__` is the first of them.
    await loaded.database?.connect(databaseTime);
    await initialize(loaded.calls, loaded.functions, loaded.settings.limits.initTimeout);
    const { server } = loaded;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(handle, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  async stage({ stage, change, keep }: WorkerParams<'stage'>): ReturnTypePromise<'stage'> {
    const { positions } = this.#require();
    this.#staging.add(stage);
    const staged = await this.#tryOut(change);
    const failed = [...staged.failed()];
    const refused = failed.flatMap(([name, failure]) => (keep.includes(name) ? [] : [failure]));
    const diagnostics = [...new Set(refused)].map((failure) => positions.diagnose(failure));
    const errors = new Map(failed.map(([name, failure]) => [name, positions.diagnose(failure)]));
    if (this.#staging.delete(stage) && refused.length === 0) this.#stages.set(stage, staged);
    else staged.discard();
    if (refused.length > 0) throw loadFailed(diagnostics, refused[0]?.thrown);
    return errors;
  }

  /** Evaluates a change, again whenever a package that it was missing has loaded or failed: one that failed throws where it is imported. */
  async #tryOut(change: BuiltChange): Promise<Stage> {
    const { functions, positions } = this.#require();
    for (let failed = 0; ; failed++) {
      try {
        return await whenLoaded(() => functions.tryOut(change), stagingTime);
      } catch (error) {
        if (error instanceof PendingImport || failed > change.functions.length) throw positions.loadFailure(error, change);
      }
    }
  }

  activate({ stage, revisions }: WorkerParams<'activate'>): void {
    const staged = this.#stages.get(stage);
    if (!staged) throw new HearthError('INTERNAL');
    this.#stages.delete(stage);
    const { functions, loads } = this.#require();
    functions.activate(staged, new Map(revisions));
    loads.keep(staged.failed().keys());
  }

  discard({ stage }: WorkerParams<'discard'>): void {
    this.#staging.delete(stage);
    this.#stages.get(stage)?.discard();
    this.#stages.delete(stage);
  }

  install({ change }: WorkerParams<'install'>): void {
    this.#require().functions.install(change);
  }

  async run(call: WorkerParams<'run'>): ReturnTypePromise<'run'> {
    const app = this.#require();
    const cancellation = new AbortController();
    this.#runs.set(call.requestId, cancellation);
    try {
      return await run(app, call, cancellation.signal);
    } catch (error) {
      if (error instanceof HearthError && error.status !== 0) throw error;
      throw app.positions.loadFailure(error, { functions: call.draft ? [call.draft] : [], deleted: [] });
    } finally {
      this.#runs.delete(call.requestId);
    }
  }

  init(): Promise<ReturnType<WorkerCalls['init']>> {
    const { calls, functions, positions, settings } = this.#require();
    return runInit({ calls, functions, positions, timeout: settings.limits.initTimeout });
  }

  probe(): Promise<ReturnType<WorkerCalls['probe']>> {
    return this.#selfCheck.run(this.#require());
  }

  cancel({ requestId }: WorkerParams<'cancel'>): void {
    this.#runs.get(requestId)?.abort(new HearthError('WORKER_UNAVAILABLE', { reason: 'the run was cancelled.' }));
  }

  connections(query: WorkerParams<'connections'>): ReturnType<WorkerCalls['connections']> {
    return this.#require().sockets.page(query);
  }

  send({ connection, data, encoding }: WorkerParams<'send'>): void {
    this.#require().sockets.send(connection, encoding === 'base64' ? Buffer.from(data, 'base64') : data);
  }

  disconnect({ connection, code, reason }: WorkerParams<'disconnect'>): void {
    this.#require().sockets.disconnect(connection, code, reason);
  }

  async stop({ deadline }: WorkerParams<'stop'>): Promise<void> {
    await this.#loaded?.close(deadline);
    this.#flushOutput?.();
    // Control may be gone, and take nothing any more.
    await Promise.race([this.#loaded?.logs.drained(), delay(lastLinesTime)]);
    // The response must be on its way before the process ends.
    setImmediate(() => this.#parts.exit(0));
  }

  /** The timer also keeps the process alive, whatever a function unrefs. */
  #watchIntrinsics(): void {
    const check = keepIntrinsics();
    setInterval(() => {
      const restored = check();
      if (restored.length === 0) return;
      const names = `${restored.slice(0, 5).join(', ')}${restored.length > 5 ? ` and ${restored.length - 5} more` : ''}`;
      this.#loaded?.log('error', `a function replaced built-ins that all functions share; they were restored: ${names}`);
    }, intrinsicsInterval);
  }

  #require(): ServedApp {
    if (!this.#loaded) throw new HearthError('WORKER_UNAVAILABLE', { reason: 'the worker has not loaded its functions yet.' });
    return this.#loaded;
  }
}

type ReturnTypePromise<M extends WorkerMethod> = Promise<ReturnType<WorkerCalls[M]>>;
