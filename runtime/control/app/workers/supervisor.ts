import { HearthError } from '../../../kernel/errors.ts';
import type { LogFields, LogLevel, LogRecord } from '../../../kernel/ports/logger.ts';
import type { FunctionMark, WorkerMethod, WorkerParams, WorkerResult } from '../../../kernel/protocol/protocol.ts';
import type { BuiltChange, BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { CrashFiles } from './crashes.ts';
import type { Member } from './member.ts';
import { type PoolOptions, WorkerPool } from './pool.ts';
import { examine } from './postmortem.ts';
import type { Quarantine } from './quarantine.ts';
import type { CrashReport, Supervisor, SupervisorStatus } from '../../services.ts';
import type { WorkerExit } from './worker-process.ts';

/** What the supervisor is made of; `functions` answers the live ones, whether they are switched off or not. */
export interface SupervisorOptions extends Omit<PoolOptions, 'judge'> {
  readonly quarantine: Quarantine;
  readonly crashes: Pick<CrashFiles, 'add'>;
  /** The last lines of the log, for a crash report. */
  recentLogs(): readonly LogRecord[];
}

/** Milliseconds that a call may take when nothing else is said; a run has its own limit inside the worker. */
const callTimeout = 10_000;

/** Carries out what control asks of the serving worker, and sees to it that the functions which end a worker do not end the next. */
export class WorkerSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #pool: WorkerPool;
  /** Changes and drafts that a worker may be evaluating. */
  readonly #tried = new Set<BuiltChange>();
  #lastCrash: CrashReport | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#pool = new WorkerPool({
      ...options,
      functions: () => options.functions().map((built) => options.quarantine.mark(built)),
      judge: (member, exit) => this.#judge(member, exit),
    });
  }

  /** Starts the process of the first worker; `start()` gives it the functions, `stop()` ends it. */
  prepare(): void {
    this.#pool.prepare();
  }

  /** Has a worker serve; resolves when it does. Rejects when it cannot. */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** Ends all workers: within the stop timeout by themselves, else by force. */
  stop(): Promise<void> {
    return this.#pool.stop();
  }

  restart(reason: string): Promise<void> {
    return this.#pool.restart(reason);
  }

  status(): SupervisorStatus {
    const { state, active, standby, restarts } = this.#pool;
    return {
      worker: state,
      standby: standby ? (standby.ready ? 'ready' : 'starting') : 'none',
      restarts,
      lastCrash: this.#lastCrash,
      quarantined: this.#options.quarantine.list(),
      metrics: active?.metrics,
    };
  }

  async call<M extends WorkerMethod>(method: M, params: WorkerParams<M>): Promise<WorkerResult<M>> {
    return (await this.#pool.serving()).process.call(method, params, callTimeout);
  }

  async run(params: WorkerParams<'run'>, signal: AbortSignal): Promise<WorkerResult<'run'>> {
    const member = await this.#pool.serving();
    signal.throwIfAborted();
    const tried = { functions: params.draft ? [params.draft] : [], deleted: [] };
    const cancel = (): void => void member.process.call('cancel', { requestId: params.requestId }, callTimeout).catch(() => {});
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#trying(tried, member, member.process.call('run', params, this.#options.settings.limits.runTimeout + callTimeout));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Stages a change in the serving worker; answers how to go on with it. */
  async stage(id: number, change: BuiltChange): Promise<StagedChange> {
    const member = await this.#pool.serving();
    const discard = (): void => void member.process.call('discard', { stage: id }, callTimeout).catch(() => {});
    await this.#trying(change, member, member.process.call('stage', { stage: id, change }, callTimeout)).catch((error: unknown) => {
      // A worker that hung may still evaluate it later, when nobody waits for it any more.
      discard();
      throw error;
    });
    return { activate: (committed) => this.#activate(member, id, committed), discard };
  }

  /** Finds out why a worker ended, keeps the report, and switches off the function that is to blame. */
  #judge(member: Member, exit: WorkerExit): CrashReport {
    const { quarantine, crashes } = this.#options;
    const { report, proven } = examine(member.facts(exit, this.#options.recentLogs()), (mark) => this.#findBuilt(mark));
    const { place, at } = report;
    const live = place && this.#options.functions().find(({ name, revision }) => name === place.function && revision === place.revision);
    const quarantined = place !== undefined && live !== undefined && (proven || quarantine.isThird(place, at));
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
  async #trying<T>(change: BuiltChange, member: Member, call: Promise<T>): Promise<T> {
    this.#tried.add(change);
    try {
      return await call;
    } catch (error) {
      const crash = this.#lastCrash?.pid === member.process.pid ? this.#lastCrash : undefined;
      throw crash ? toLoadFailure(crash, change, error) : error;
    } finally {
      this.#tried.delete(change);
    }
  }

  async #activate(member: Member, stage: number, committed: BuiltChange): Promise<void> {
    const revisions = committed.functions.map(({ name, revision }) => [name, revision] as const);
    const others = [this.#pool.active, this.#pool.standby].filter((other) => other !== member);
    const installed = others.map((other) => other && this.#install(other, committed));
    try {
      await member.process.call('activate', { stage, revisions }, callTimeout);
    } catch {
      // It died or hangs; whoever serves next has loaded what the store committed.
      member.process.kill();
      await Promise.all([member.process.ended, ...installed]);
      await this.#pool.serving().catch(() => {});
    }
  }

  async #install(member: Member, change: BuiltChange): Promise<void> {
    // A standby's messages keep their order, so a publish waits for this only when that worker serves by now.
    await member.process.call('install', { change }, callTimeout).catch(() => {});
  }

  #log(level: LogLevel, message: string, fields?: LogFields): void {
    this.#options.log(level, message, fields);
  }
}

/** A change that a worker has evaluated and not yet made live. */
export interface StagedChange {
  /** Makes it live everywhere under the revisions that the store gave; never fails. */
  activate(committed: BuiltChange): Promise<void>;
  discard(): void;
}

/** What to answer to whoever tried the code that a worker died of; the error itself when it died of something else. */
function toLoadFailure({ place, message }: CrashReport, { functions }: BuiltChange, error: unknown): unknown {
  if (!place || !functions.some(({ name, revision }) => name === place.function && revision === place.revision)) return error;
  const diagnostic = { function: place.function, line: place.line ?? 1, column: place.column ?? 1, message, lineText: '' };
  return new HearthError('LOAD_FAILED', { reason: message }, { diagnostics: [diagnostic] });
}
