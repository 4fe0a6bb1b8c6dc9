import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type net from 'node:net';
import { join } from 'node:path';
import { poolVariable } from '../../../internals/node-pool.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { LogRecord } from '../../../kernel/ports/logger.ts';
import type { WorkerMetrics } from '../../../kernel/protocol/metrics.ts';
import type { WorkerSettings } from '../../../kernel/protocol/settings.ts';
import type { FunctionMark, WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';
import type {
  LoadingNotice,
  LoadReport,
  WorkerMessage,
  WorkerMethod,
  WorkerParams,
  WorkerResult,
} from '../../../kernel/protocol/worker-calls.ts';
import type { EndReason, WorkerExit, WorkerFacts } from './worker-end.ts';
import { WorkerChannel } from './worker-channel.ts';
import { toLogRecord } from './worker-message.ts';
import { listen } from './worker-listener.ts';
import { WorkerOutput } from './worker-output.ts';

/** What a worker process is started with. Its functions MUST NOT throw. */
export interface WorkerProcessOptions {
  readonly entry: string;
  readonly flags: readonly string[];
  readonly settings: WorkerSettings;
  onLogs(records: readonly LogRecord[]): void;
  onMetrics(worker: WorkerProcess, metrics: WorkerMetrics): void;
  onLoad(report: LoadReport): void;
  /** The code of this function has returned, or thrown. */
  onLoaded(name: string): void;
  /** Gets what its watchdog reports, also while the worker itself hangs. */
  onReport(worker: WorkerProcess, report: WatchdogReport): void;
  onExit(worker: WorkerProcess, exit: WorkerExit): void;
}

/** The life of a worker process. `since` is in milliseconds since the epoch. */
export type WorkerProcessState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'serving'; readonly since: number }
  /** It is being replaced: its end is no crash. */
  | { readonly kind: 'leaving'; readonly since: number }
  | { readonly kind: 'ended' };

/** Threads for the files, names and hashes of all functions together. Node's four are soon held by one of them. */
const poolThreads = 16;

/** Milliseconds for which the event loop may stand still and is still said to turn. */
const turnTime = 100;

/** One worker process: the calls made to it, and what control knows of it. */
export class WorkerProcess {
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  /** Settles when it holds the functions; undefined until it is given them. */
  loaded: Promise<void> | undefined;
  metrics: WorkerMetrics | undefined;
  /** Looks in a row that found that it had said nothing. */
  silentLooks = 0;
  /** Metrics reports by which the event loop had turned without a stop since the one before, and those by which it had not. */
  turns = 0;
  stalls = 0;
  /** Whether nearly all file descriptors were open at some time. */
  shortOfDescriptors = false;
  readonly #options: WorkerProcessOptions;
  readonly #settings: WorkerSettings;
  readonly #child: ChildProcess;
  readonly #channel: WorkerChannel;
  #state: WorkerProcessState = { kind: 'empty' };
  /** Milliseconds since the epoch; kept past the end, for the crash report. */
  #servingSince: number | undefined;
  #endReason: EndReason | undefined;
  #running: WorkerFacts['running'];
  /** Whose code runs for the first time; the last one was imported by those before it. */
  #loading: FunctionMark[] = [];

  /** Starts the process, which holds nothing yet. */
  constructor(options: WorkerProcessOptions) {
    const { settings } = options;
    this.#options = options;
    // A folder of its own: what a worker that is killed leaves in it goes with it.
    const uploadDir = join(settings.uploadDir, randomUUID());
    this.#settings = { ...settings, uploadDir };
    this.#child = fork(options.entry, [String(process.pid)], {
      env: { [poolVariable]: String(poolThreads), ...settings.env },
      execArgv: [...options.flags],
      // All functions go to each new worker. As JSON they would block control five times as long.
      serialization: 'advanced',
      // The last one is the watchdog's.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
      // In a group of its own, so that the programs which functions have started end with it.
      detached: true,
    });
    this.#channel = new WorkerChannel(this.#child);
    const output = new WorkerOutput({ linesPerSecond: settings.limits.logLines, onLogs: (records) => options.onLogs(records) });
    if (this.#child.stdout) output.read(this.#child.stdout, 'info');
    if (this.#child.stderr) output.read(this.#child.stderr, 'error');
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    listen(this.#child, {
      message: (message) => this.#receive(message),
      report: (report) => this.#take(report),
      garbled: (what) => this.endFor({ cause: 'garbled', what }),
    });
    this.#child.on('error', () => this.#end({ code: null, signal: null }));
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }));
    void this.ended.then(() => output.end());
    void removeAfter(this.ended, uploadDir);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get state(): WorkerProcessState {
    return this.#state;
  }

  /** As {@link WorkerChannel.call}. */
  call<M extends WorkerMethod>(method: M, params: WorkerParams<M>, timeout: number, handle?: net.Server): Promise<WorkerResult<M>> {
    return this.#channel.call(method, params, timeout, handle);
  }

  /** Gives it the functions: called once, before all else. Returns itself. */
  load(functions: readonly BuiltFunction[]): this {
    this.#state = { kind: 'loading' };
    this.loaded = this.call('load', { settings: this.#settings, functions }, 0);
    void this.#watchLoad(this.loaded);
    return this;
  }

  /** It accepts connections from now on; returns since when. */
  serves(): number {
    const since = Date.now();
    this.silentLooks = 0;
    this.#servingSince = since;
    this.#state = { kind: 'serving', since };
    return since;
  }

  /** It is being replaced; returns since when. */
  leaves(): number {
    const since = Date.now();
    this.#state = { kind: 'leaving', since };
    return since;
  }

  /** Ends it for a reason; the first one counts. */
  endFor(reason: EndReason): void {
    this.#endReason ??= reason;
    this.kill();
  }

  /** Ends the process at once, with the programs that its functions have started. */
  kill(): void {
    if (this.#state.kind !== 'ended') killGroup(this.#child);
  }

  facts(exit: WorkerExit, logs: readonly LogRecord[]): WorkerFacts {
    const starting = this.#loading.at(-1);
    return {
      pid: this.pid,
      exit,
      reason: this.#endReason,
      running: this.#running,
      ...(starting && { starting }),
      servedMs: this.#servingSince === undefined ? 0 : Math.max(0, Date.now() - this.#servingSince),
      logs,
      metrics: this.metrics,
    };
  }

  async #watchLoad(loaded: Promise<void>): Promise<void> {
    // A worker that ends first tells it by its exit.
    const isLoaded = await loaded.then(
      () => true,
      () => false,
    );
    if (isLoaded && this.#state.kind === 'loading') this.#state = { kind: 'loaded' };
  }

  #receive(message: WorkerMessage): void {
    this.silentLooks = 0;
    this.#channel.receive(message);
    if (message.type === 'logs') this.#options.onLogs(message.records);
    else if (message.type === 'load') this.#options.onLoad(message);
    else if (message.type === 'loading') this.#noteLoading(message);
    else if (message.type === 'metrics') {
      this.metrics = message.metrics;
      if (message.metrics.eventLoopDelay.max < turnTime) this.turns += 1;
      else this.stalls += 1;
      this.#options.onMetrics(this, message.metrics);
    }
  }

  #noteLoading({ name, revision, done }: LoadingNotice): void {
    if (!done) {
      this.#loading.push({ function: name, revision });
      return;
    }
    this.#loading = this.#loading.filter((mark) => mark.function !== name);
    this.#options.onLoaded(name);
  }

  #take(report: WatchdogReport): void {
    if (report.type === 'running') {
      this.#running = { mark: report.mark, at: Date.now() };
      return;
    }
    if (report.type === 'descriptors') this.shortOfDescriptors = true;
    if ('lines' in report) this.#options.onLogs(report.lines.flatMap(toLogRecord));
    this.#options.onReport(this, report);
  }

  #end(exit: WorkerExit): void {
    if (this.#state.kind === 'ended') return;
    killGroup(this.#child);
    const wasLeaving = this.#state.kind === 'leaving';
    this.#state = { kind: 'ended' };
    if (!wasLeaving) this.#options.onExit(this, exit);
    this.#channel.close();
  }
}

async function removeAfter(ended: Promise<void>, dir: string): Promise<void> {
  await ended;
  // What stays is removed at the next start.
  await rm(dir, { recursive: true, force: true }).catch(() => {});
}

/** The worker leads its group; the group may outlive it. Where there are no groups the process alone is ended. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
