import { HearthError, messageOf } from '../kernel/errors.ts';
import type { LogFields, LogLevel, LogRecord } from '../kernel/logger.ts';
import type { WorkerMessage, WorkerMethod, WorkerMetrics, WorkerParams, WorkerResult, WorkerSettings } from '../kernel/protocol.ts';
import type { BuiltChange, BuiltFunction } from '../kernel/revision.ts';
import type { Listener } from './listener.ts';
import type { Crash, Supervisor, SupervisorStatus, WorkerState } from './services.ts';
import { type WorkerExit, WorkerProcess } from './worker-process.ts';

/** What the supervisor is made of. */
export interface SupervisorOptions {
  readonly entry: string;
  readonly settings: WorkerSettings;
  readonly listener: Listener;
  readonly stopTimeout: number;
  /** The live functions at this moment, for a new worker. */
  functions(): readonly BuiltFunction[];
  onLogs(records: readonly LogRecord[]): void;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** A worker with what is known of it. `loaded` settles when it holds the functions. */
interface Member {
  readonly process: WorkerProcess;
  readonly loaded: Promise<void>;
  ready: boolean;
}

/** Milliseconds that a call may take when nothing else is said; a run has its own limit inside the worker. */
const callTimeout = 10_000;
/** Milliseconds between two looks at the serving worker, and how many in a row may find it silent: it reports every second. */
const lookInterval = 1_000;
const silentLooks = 10;
/** Milliseconds that calls wait for a worker to take over. */
const takeoverTimeout = 10_000;
/** A worker that lived for less than this has not served: the next start waits, longer each time. */
const shortLife = 10_000;
const longestPause = 5_000;

/**
 * Keeps one worker serving and one standing by. When the serving one ends, the standby takes over the
 * port; connections that come in between wait in the kernel.
 */
export class WorkerSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #waiting = new Set<() => void>();
  #active: Member | undefined;
  #standby: Member | undefined;
  #state: WorkerState = { state: 'starting', pid: undefined };
  #metrics: WorkerMetrics | undefined;
  #lastCrash: Crash | undefined;
  #restarts = 0;
  #shortLives = 0;
  #stopping = false;
  #pauseTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #silent = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Starts a worker; resolves when it serves. Rejects when it cannot. */
  async start(): Promise<void> {
    this.#watchTimer = setInterval(() => this.#look(), lookInterval);
    await this.#promote(this.#spawn());
  }

  status(): SupervisorStatus {
    const standby = this.#standby ? (this.#standby.ready ? 'ready' : 'starting') : 'none';
    return { worker: this.#state, standby, restarts: this.#restarts, lastCrash: this.#lastCrash, metrics: this.#metrics };
  }

  async call<M extends WorkerMethod>(method: M, params: WorkerParams<M>): Promise<WorkerResult<M>> {
    const timeout = method === 'run' ? this.#options.settings.limits.runTimeout + callTimeout : callTimeout;
    return (await this.#serving()).process.call(method, params, timeout);
  }

  /** Stages a change in the serving worker; answers how to go on with it. */
  async stage(id: number, change: BuiltChange): Promise<StagedChange> {
    const member = await this.#serving();
    const discard = (): void => void member.process.call('discard', { stage: id }, callTimeout).catch(() => {});
    await member.process.call('stage', { stage: id, change }, callTimeout).catch((error: unknown) => {
      // A worker that hung may still evaluate it later, when nobody waits for it any more.
      discard();
      throw error;
    });
    return {
      activate: async (committed) => {
        const revisions = committed.functions.map(({ name, revision }) => [name, revision] as const);
        const others = [this.#active, this.#standby].filter((other) => other !== member);
        const installed = others.map((other) => other && this.#install(other, committed));
        try {
          await member.process.call('activate', { stage: id, revisions }, callTimeout);
        } catch {
          // It died or hangs; whoever serves next has loaded what the store committed.
          member.process.kill();
          await Promise.all([member.process.ended, ...installed]);
          await this.#serving().catch(() => {});
        }
      },
      discard,
    };
  }

  /** Ends all workers: within the stop timeout by themselves, else by force. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pauseTimer);
    clearInterval(this.#watchTimer);
    const { stopTimeout } = this.#options;
    this.#standby?.process.kill();
    const active = this.#active;
    this.#state = { state: 'stopped' };
    this.#wake();
    if (!active) return;
    await active.process.call('stop', { deadline: stopTimeout }, stopTimeout + 1_000).catch(() => {});
    active.process.kill();
  }

  async #install(member: Member, change: BuiltChange): Promise<void> {
    // A standby's messages keep their order, so a publish waits for this only when that worker serves by now.
    await member.process.call('install', { change }, callTimeout).catch(() => {});
  }

  #spawn(): Member {
    const { entry, settings } = this.#options;
    const worker: WorkerProcess = new WorkerProcess({
      entry,
      env: settings.env,
      onMessage: (message) => this.#receive(worker, message),
      onExit: (exit) => this.#ended(worker, exit),
    });
    const loaded = worker.call('load', { settings, functions: this.#options.functions() }, 0);
    const member: Member = { process: worker, loaded, ready: false };
    loaded.then(
      () => (member.ready = true),
      () => this.#options.log('debug', 'a worker ended before it had loaded'),
    );
    return member;
  }

  async #promote(member: Member): Promise<void> {
    this.#active = member;
    this.#metrics = undefined;
    this.#silent = 0;
    this.#state = { state: 'starting', pid: member.process.pid };
    await member.process.call('serve', {}, 0, this.#options.listener.handle);
    if (this.#stopping) return;
    this.#state = { state: 'serving', pid: member.process.pid ?? 0, since: Date.now() };
    this.#wake();
    this.#standby ??= this.#spawn();
  }

  /** Ends a worker whose event loop hangs: it would neither serve nor let a publish through. Looks are counted, not time, as a machine may sleep. */
  #look(): void {
    if (this.#state.state !== 'serving' || !this.#active) return;
    if (++this.#silent < silentLooks) return;
    this.#silent = 0;
    this.#options.log('error', `the worker (pid ${this.#active.process.pid}) has been stuck for ${silentLooks} s and is ended`);
    this.#active.process.kill();
  }

  #receive(worker: WorkerProcess, message: WorkerMessage): void {
    if (this.#active?.process === worker) this.#silent = 0;
    if (message.type === 'logs') this.#options.onLogs(message.records);
    else if (message.type === 'metrics' && this.#active?.process === worker) this.#metrics = message.metrics;
  }

  #ended(worker: WorkerProcess, { code, signal }: WorkerExit): void {
    if (this.#stopping) return;
    if (this.#standby?.process === worker) this.#standby = undefined;
    if (this.#active?.process !== worker) {
      if (this.#state.state === 'serving') this.#later(() => (this.#standby ??= this.#spawn()));
      return;
    }
    this.#active = undefined;
    this.#restarts++;
    this.#lastCrash = { at: Date.now(), pid: worker.pid, code, signal };
    const lived = this.#state.state === 'serving' ? Date.now() - this.#state.since : 0;
    this.#shortLives = lived < shortLife ? this.#shortLives + 1 : 0;
    this.#options.log('error', `the worker (pid ${worker.pid}) ended: ${signal ?? `exit code ${code}`}; the next one takes over`);
    this.#state = { state: 'restarting', attempt: this.#shortLives };
    if (this.#shortLives > 1) this.#later(() => this.#takeOver());
    else this.#takeOver();
  }

  #takeOver(): void {
    const next = this.#standby ?? this.#spawn();
    this.#standby = undefined;
    // A worker that ends while it takes over comes back here through #ended; one that lives but cannot serve is ended for that.
    this.#promote(next).catch((error: unknown) => {
      if (this.#active !== next) return;
      this.#options.log('error', `a worker could not take over: ${messageOf(error)}`);
      next.process.kill();
    });
  }

  #later(action: () => void): void {
    const pause = Math.min(100 * 2 ** this.#shortLives, longestPause);
    clearTimeout(this.#pauseTimer);
    this.#pauseTimer = setTimeout(() => {
      if (!this.#stopping) action();
    }, pause);
  }

  #wake(): void {
    for (const waiter of this.#waiting) waiter();
    this.#waiting.clear();
  }

  async #serving(): Promise<Member> {
    if (this.#state.state !== 'serving' && !this.#stopping) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, takeoverTimeout);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    if (this.#state.state !== 'serving' || !this.#active) {
      throw new HearthError('WORKER_UNAVAILABLE', { reason: this.#stopping ? 'the host is stopping.' : 'none is serving.' });
    }
    return this.#active;
  }
}

/** A change that a worker has evaluated and not yet made live. */
export interface StagedChange {
  /** Makes it live everywhere under the revisions that the store gave; never fails. */
  activate(committed: BuiltChange): Promise<void>;
  discard(): void;
}
