import type { WorkerState } from './worker-state.ts';
import { type PoolOptions, WorkerPool } from './pool.ts';
import type { Quarantine, QuarantinedFunction } from './quarantine.ts';
import type { WorkerMetrics } from '../../../kernel/protocol/metrics.ts';
import type { FunctionMark } from '../../../kernel/protocol/watchdog-report.ts';
import type { WorkerMethod, WorkerParams, WorkerResult } from '../../../kernel/protocol/worker-calls.ts';
import type { StagedChange, StagingWorkers } from '../publishing/deployment.ts';
import { reserved } from '../../../kernel/functions/name.ts';
import { HearthError } from '../../../kernel/errors.ts';
import type { LogFields, LogLevel, LogRecord } from '../../../kernel/ports/logger.ts';
import type { BuiltChange, BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { CrashFiles } from './crash-files.ts';
import { examine } from './crash-cause.ts';
import type { CrashReport } from './crash-report.ts';
import type { StartAttempts } from './start-attempts.ts';
import type { WorkerExit } from './worker-end.ts';
import { WorkerProbe } from './worker-probe.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What the supervisor knows at this moment; `metrics` is at most a few seconds old. */
export interface SupervisorStatus {
  readonly worker: WorkerState;
  readonly standby: 'ready' | 'starting' | 'none';
  readonly restarts: number;
  readonly lastCrash: CrashReport | undefined;
  readonly quarantined: readonly QuarantinedFunction[];
  readonly metrics: WorkerMetrics | undefined;
}

/** What the supervisor works with; `functions` returns the live ones, disabled or not. */
export interface SupervisorOptions extends Omit<PoolOptions, 'judge' | 'onLoaded' | 'onStart' | 'onServing'> {
  readonly quarantine: Quarantine;
  readonly attempts: StartAttempts;
  readonly crashes: Pick<CrashFiles, 'add'>;
  /** The last lines of the log, for a crash report. */
  recentLogs(): readonly LogRecord[];
}

/** Milliseconds that a call may take when nothing else is said; a run has its own limit inside the worker. */
const callTimeout = 10_000;

/** Carries out what control asks of the serving worker, and sees to it that the functions which end a worker do not end the next. */
export class WorkerSupervisor implements StagingWorkers {
  readonly #options: SupervisorOptions;
  readonly #pool: WorkerPool;
  readonly #probe: WorkerProbe;
  /** Changes and drafts that a worker may be evaluating. */
  readonly #tried = new Set<BuiltChange>();
  #lastCrash: CrashReport | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#pool = new WorkerPool({
      ...options,
      onLogs: (records) => this.#takeLogs(records),
      functions: () => options.functions().map((built) => options.quarantine.mark(built)),
      onLoaded: (name) => options.attempts.loaded(name),
      onStart: () => this.#beginStart(),
      onServing: () => options.attempts.succeed(),
      judge: (worker, exit) => this.#judge(worker, exit),
    });
    this.#probe = new WorkerProbe({
      serving: () => (this.#pool.state.state === 'serving' ? this.#pool.active : undefined),
      uploadDir: options.settings.uploadDir,
    });
  }

  /** Errors of the host's own code, of packages and of nobody known may be all that shows of a worker that serves nobody. */
  #takeLogs(records: readonly LogRecord[]): void {
    if (records.some(({ level, function: name }) => level === 'error' && name === undefined)) this.#probe.suspect();
    this.#options.onLogs(records);
  }

  /** Starts the process of the first worker; `start()` gives it the functions, `stop()` ends it. */
  prepare(): void {
    this.#pool.prepare();
  }

  /** Resolves when a worker serves; rejects when it cannot. */
  start(): Promise<void> {
    this.#probe.start();
    return this.#pool.start();
  }

  /** Ends all workers: within the stop timeout by themselves, else by force. */
  stop(): Promise<void> {
    this.#probe.stop();
    this.#options.attempts.abandon();
    return this.#pool.stop();
  }

  restart(reason: string): Promise<void> {
    return this.#pool.restart(reason);
  }

  status(): SupervisorStatus {
    const { state, active, standby, restarts } = this.#pool;
    return {
      worker: state,
      standby: standby ? (standby.state.kind === 'loaded' ? 'ready' : 'starting') : 'none',
      restarts,
      lastCrash: this.#lastCrash,
      quarantined: this.#options.quarantine.list(),
      metrics: active?.metrics,
    };
  }

  /** Runs `__init__` again; rejects with what it fails with. */
  async init(): Promise<WorkerResult<'init'>> {
    const worker = await this.#pool.serving();
    return worker.call('init', {}, this.#options.settings.limits.initTimeout + callTimeout);
  }

  async call<M extends WorkerMethod>(method: M, params: WorkerParams<M>): Promise<WorkerResult<M>> {
    return (await this.#pool.serving()).call(method, params, callTimeout);
  }

  async run(params: WorkerParams<'run'>, signal: AbortSignal): Promise<WorkerResult<'run'>> {
    const worker = await this.#pool.serving();
    signal.throwIfAborted();
    const tried = { functions: params.draft ? [params.draft] : [], deleted: [] };
    const cancel = (): void => void worker.call('cancel', { requestId: params.requestId }, callTimeout).catch(() => {});
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#trying(tried, worker, worker.call('run', params, this.#options.settings.limits.runTimeout + callTimeout));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Stages a change in the serving worker. */
  async stage(id: number, change: BuiltChange, keep: readonly string[]): Promise<StagedChange> {
    const worker = await this.#pool.serving();
    const discard = (): void => void worker.call('discard', { stage: id }, callTimeout).catch(() => {});
    const staging = this.#trying(change, worker, worker.call('stage', { stage: id, change, keep }, callTimeout));
    const loadErrors = await staging.catch((error: unknown) => {
      // A worker that hung may still evaluate it later, when nobody waits for it any more.
      discard();
      throw error;
    });
    return { loadErrors, activate: (committed) => this.#activate(worker, id, committed), discard };
  }

  /** Nothing but `__init__`, and what it imports, is evaluated before a worker serves. */
  #beginStart(): void {
    const { functions, quarantine, attempts } = this.#options;
    const init = functions().find(({ name }) => name === reserved.init);
    if (init && quarantine.mark(init).quarantine === undefined) attempts.begin({ function: init.name, revision: init.revision });
  }

  /** Finds out why a worker ended, keeps the report, and disables the function that is to blame. */
  #judge(worker: WorkerProcess, exit: WorkerExit): CrashReport {
    const { quarantine, crashes, attempts } = this.#options;
    const facts = worker.facts(exit, this.#options.recentLogs());
    const starting = facts.starting ?? attempts.trying;
    const { report, proven } = examine({ ...facts, ...(starting && { starting }) }, (mark) => this.#findBuilt(mark));
    const { place, at } = report;
    const live = place && this.#options.functions().find(({ name, revision }) => name === place.function && revision === place.revision);
    const failedStart = starting !== undefined && attempts.fail(place ?? starting, report, proven);
    const quarantined = place !== undefined && live !== undefined && (proven || failedStart || quarantine.isThird(place, at));
    const crash = { ...report, quarantined };
    const fields = place && { function: place.function, revision: place.revision, ...(place.line !== undefined && { line: place.line }) };
    this.#log(
      'error',
      `the worker (pid ${report.pid}) was lost: ${report.message} The next worker takes over; crash report ${report.id}`,
      fields,
    );
    if (quarantined && live) {
      quarantine.add(crash);
      this.#log('error', `${live.name}, revision ${live.revision}, is disabled until you publish a new revision`, fields);
      const { standby } = this.#pool;
      if (standby) void this.#install(standby, { functions: [quarantine.mark(live)], deleted: [] });
    }
    crashes.add(crash);
    this.#lastCrash = crash;
    return crash;
  }

  #findBuilt({ function: name, revision }: FunctionMark): BuiltFunction | undefined {
    const tried = [...this.#tried].flatMap((change) => change.functions);
    return [...tried, ...this.#options.functions()].find((built) => built.name === name && built.revision === revision);
  }

  /** Carries out a call that evaluates code: when that ends the worker, the code has failed to load. */
  async #trying<T>(change: BuiltChange, worker: WorkerProcess, call: Promise<T>): Promise<T> {
    this.#tried.add(change);
    try {
      return await call;
    } catch (error) {
      const crash = this.#lastCrash?.pid === worker.pid ? this.#lastCrash : undefined;
      throw crash ? toLoadFailure(crash, change, error) : error;
    } finally {
      this.#tried.delete(change);
    }
  }

  async #activate(worker: WorkerProcess, stage: number, committed: BuiltChange): Promise<void> {
    const revisions = committed.functions.map(({ name, revision }) => [name, revision] as const);
    const others = [this.#pool.active, this.#pool.standby].filter((other) => other !== worker);
    const installed = others.map((other) => other && this.#install(other, committed));
    try {
      await worker.call('activate', { stage, revisions }, callTimeout);
    } catch {
      // It died or hangs; the next worker has loaded what the store committed.
      worker.kill();
      await Promise.all([worker.ended, ...installed]);
      await this.#pool.serving().catch(() => {});
    }
  }

  async #install(worker: WorkerProcess, change: BuiltChange): Promise<void> {
    // A standby's messages keep their order, so a publish waits for this only when that worker serves by now.
    await worker.call('install', { change }, callTimeout).catch(() => {});
  }

  #log(level: LogLevel, message: string, fields?: LogFields): void {
    this.#options.log(level, message, fields);
  }
}

/** The error for the caller that tried the code which ended a worker; `error` itself when something else ended it. */
function toLoadFailure({ place, message }: CrashReport, { functions }: BuiltChange, error: unknown): unknown {
  if (!place || !functions.some(({ name, revision }) => name === place.function && revision === place.revision)) return error;
  const diagnostic = { function: place.function, line: place.line ?? 1, column: place.column ?? 1, message, lineText: '' };
  return new HearthError('LOAD_FAILED', { reason: message }, { diagnostics: [diagnostic] });
}
