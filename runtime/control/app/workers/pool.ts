import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { LogFields, LogLevel, LogRecord } from '../../../kernel/ports/logger.ts';
import type { WorkerMetrics } from '../../../kernel/protocol/metrics.ts';
import type { WorkerSettings } from '../../../kernel/protocol/settings.ts';
import type { LoadReport } from '../../../kernel/protocol/worker-calls.ts';
import type { WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { WorkerState } from './worker-state.ts';
import { FirstStart } from './first-start.ts';
import { judgeShortage } from './resource-pressure.ts';
import type { CrashReport } from './crash-report.ts';
import { TakeoverWait } from './takeover-wait.ts';
import type { WorkerExit } from './worker-end.ts';
import { WorkerProcess } from './worker-process.ts';

export interface PoolOptions {
  readonly entry: string;
  readonly flags: readonly string[];
  readonly settings: WorkerSettings;
  readonly handle: Server;
  readonly stopTimeout: number;
  /** The live functions as a worker is to have them at this moment. */
  functions(): readonly BuiltFunction[];
  readonly onLogs: (records: readonly LogRecord[]) => void;
  readonly onLoad: (report: LoadReport) => void;
  onLoaded(name: string): void;
  /** Before a worker runs `__init__`, and when it accepts. MUST NOT throw. */
  onStart(): void;
  onServing(): void;
  /** Finds out why the serving worker has ended. */
  judge(worker: WorkerProcess, exit: WorkerExit): CrashReport;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Milliseconds between two looks at the serving worker, and how many in a row may find it silent, after the time in which its watchdog speaks. */
const lookInterval = 1_000;
const silentLooks = 10;
/** Milliseconds in which a worker that has said that it is done has to end. */
const exitTime = 500;
/** Milliseconds that calls wait for a worker to take over. */
const takeoverTimeout = 10_000;
/** A worker that lived for less than this has not served: the next start waits, longer each time. */
const shortLife = 10_000;
const longestPause = 5_000;
/** Milliseconds between two drains that the host itself has decided on: what comes back at once is no leak. */
const drainPause = 5 * 60_000;

/**
 * Keeps one worker serving and one standing by. When the serving one ends, the standby takes over the
 * port; connections that come in between wait in the kernel.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #wait = new TakeoverWait();
  readonly #firstStart = new FirstStart();
  #active: WorkerProcess | undefined;
  #standby: WorkerProcess | undefined;
  #state: WorkerState = { state: 'starting', pid: undefined };
  #restarts = 0;
  #shortLives = 0;
  #stopping = false;
  #rolling: Promise<void> | undefined;
  #drainedAt = -Infinity;
  #pauseTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get active(): WorkerProcess | undefined {
    return this.#active;
  }

  get standby(): WorkerProcess | undefined {
    return this.#standby;
  }

  get state(): WorkerState {
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Starts the first worker's process, so that it is there when the functions are. */
  prepare(): void {
    this.#standby = this.#create();
  }

  /** Resolves when a worker serves; rejects when one lives but cannot, or several have ended before they did. */
  async start(): Promise<void> {
    this.#watchTimer = setInterval(() => this.#look(), lookInterval);
    const first = this.#standby ?? this.#create();
    this.#standby = undefined;
    this.#promote(first.load(this.#options.functions())).catch((error: unknown) => {
      // One that ended comes back through onExit().
      if (this.#active === first) this.#firstStart.fail(error);
    });
    await this.#firstStart.served;
  }

  /** The worker that serves, waiting for one that takes over; throws `WORKER_UNAVAILABLE`. */
  async serving(): Promise<WorkerProcess> {
    if (this.#state.state !== 'serving' && !this.#stopping) await this.#wait.wait(takeoverTimeout);
    if (this.#state.state !== 'serving' || !this.#active) {
      throw new HearthError('WORKER_UNAVAILABLE', { reason: this.#stopping ? 'the host is stopping.' : 'no worker is serving.' });
    }
    return this.#active;
  }

  /** Puts the standby in the place of the serving worker; several calls at a time are one. */
  async restart(reason: string): Promise<void> {
    this.#rolling ??= this.#roll(reason).finally(() => (this.#rolling = undefined));
    return this.#rolling;
  }

  /** Ends all workers: within the stop timeout by themselves, else by force. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pauseTimer);
    clearInterval(this.#watchTimer);
    const { stopTimeout } = this.#options;
    this.#standby?.kill();
    const active = this.#active;
    this.#state = { state: 'stopped' };
    this.#wait.wake();
    if (!active) return;
    await active.call('stop', { deadline: stopTimeout }, stopTimeout + 1_000).catch(() => {});
    active.kill();
  }

  #onMetrics(worker: WorkerProcess, { listening }: WorkerMetrics): void {
    if (worker === this.#active && this.#state.state === 'serving' && !listening) this.#drain('it no longer accepts connections');
  }

  #onReport(worker: WorkerProcess, report: WatchdogReport): void {
    if (report.type === 'stuck') worker.endFor({ cause: 'stuck', report });
    else if (report.type === 'memory' && report.level === 'hard') worker.endFor({ cause: 'memory', report });
    else if (report.type !== 'running') {
      const { warn, drain } = judgeShortage(report, worker.metrics?.connections ?? 0);
      if (warn !== undefined) this.#options.log('warn', warn);
      if (drain !== undefined) this.#drain(drain);
    }
  }

  #onExit(worker: WorkerProcess, exit: WorkerExit): void {
    if (this.#stopping) return;
    if (this.#standby === worker) this.#standby = undefined;
    if (this.#active !== worker) {
      if (this.#state.state === 'serving') this.#later(() => (this.#standby ??= this.#spawn()));
      return;
    }
    this.#active = undefined;
    this.#restarts++;
    const crash = this.#options.judge(worker, exit);
    this.#shortLives = crash.servedMs < shortLife ? this.#shortLives + 1 : 0;
    this.#state = { state: 'restarting', attempt: this.#shortLives };
    if (this.#firstStart.isLast(crash)) return;
    // A disabled function will not do it again.
    if (this.#shortLives > 1 && !crash.quarantined) this.#later(() => this.#takeOver());
    else void this.#takeOver();
  }

  #create(): WorkerProcess {
    return new WorkerProcess({
      ...this.#options,
      onMetrics: (worker, metrics) => this.#onMetrics(worker, metrics),
      onReport: (worker, report) => this.#onReport(worker, report),
      onExit: (worker, exit) => this.#onExit(worker, exit),
    });
  }

  #spawn(): WorkerProcess {
    return this.#create().load(this.#options.functions());
  }

  async #promote(worker: WorkerProcess): Promise<void> {
    this.#active = worker;
    this.#state = { state: 'starting', pid: worker.pid };
    this.#options.onStart();
    await worker.call('serve', {}, 0, this.#options.handle);
    if (this.#stopping) return;
    this.#options.onServing();
    this.#state = { state: 'serving', pid: worker.pid ?? 0, since: worker.serves() };
    this.#wait.wake();
    this.#firstStart.succeed();
    this.#standby ??= this.#spawn();
  }

  /** Replaces the serving worker: user code runs in one process at a time, so the old one ends before the new one begins. */
  async #roll(reason: string): Promise<void> {
    const old = await this.serving();
    this.#standby ??= this.#spawn();
    await this.#standby.loaded;
    // Another one took over meanwhile, and is as fresh.
    if (this.#active !== old) return void (await this.serving());
    this.#options.log('info', `the worker (pid ${old.pid}) is being replaced: ${reason}`);
    this.#state = { state: 'draining', pid: old.pid ?? 0, since: old.leaves() };
    const { stopTimeout } = this.#options;
    await old.call('stop', { deadline: stopTimeout }, stopTimeout + 1_000).catch(() => {});
    // Its last lines are on their way.
    await Promise.race([old.ended, delay(exitTime)]);
    old.kill();
    await old.ended;
    this.#active = undefined;
    if (!this.#stopping) await this.#takeOver();
    await this.serving();
  }

  #drain(reason: string): void {
    const now = performance.now();
    if (this.#rolling || now - this.#drainedAt < drainPause) return;
    this.#drainedAt = now;
    this.restart(reason).catch((error: unknown) => this.#options.log('error', `the worker could not be replaced: ${messageOf(error)}`));
  }

  /** Ends a worker that neither reports nor has a watchdog that does. Looks are counted, not time, as a machine may sleep. */
  #look(): void {
    const worker = this.#active; // Also while it starts: `__init__` may have stopped its process.
    if (!worker || !['serving', 'starting'].includes(this.#state.state)) return;
    const limit = silentLooks + Math.ceil(this.#options.settings.limits.stuckTime / lookInterval);
    worker.silentLooks += 1;
    if (worker.silentLooks >= limit) worker.endFor({ cause: 'silent', seconds: limit });
  }

  async #takeOver(): Promise<void> {
    const next = this.#standby ?? this.#spawn();
    this.#standby = undefined;
    try {
      await this.#promote(next);
    } catch (error) {
      // A worker that ends while it takes over comes back through onExit(); one that lives but cannot serve is ended for that.
      if (this.#active !== next) return;
      this.#options.log('error', `a worker could not take over: ${messageOf(error)}`);
      next.kill();
    }
  }

  #later(action: () => unknown): void {
    const pause = Math.min(100 * 2 ** this.#shortLives, longestPause);
    clearTimeout(this.#pauseTimer);
    this.#pauseTimer = setTimeout(() => {
      if (!this.#stopping) action();
    }, pause);
  }
}
