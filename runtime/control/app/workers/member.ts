import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogFields, LogLevel, LogRecord } from '../../../kernel/ports/logger.ts';
import type { FunctionMark, WatchdogReport, WorkerMessage, WorkerMetrics, WorkerSettings } from '../../../kernel/protocol/protocol.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { Verdict, WorkerFacts } from './postmortem.ts';
import { type WorkerExit, WorkerProcess } from './worker-process.ts';

/** Whom a member tells. Nothing of it may throw. */
export interface MemberOwner {
  onLogs(records: readonly LogRecord[]): void;
  onMetrics(member: Member, metrics: WorkerMetrics): void;
  onReport(member: Member, report: WatchdogReport): void;
  onExit(member: Member, exit: WorkerExit): void;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** What a member is started with. */
export interface MemberOptions {
  readonly entry: string;
  readonly flags: readonly string[];
  readonly settings: WorkerSettings;
}

/** A worker process with what control knows of it. */
export class Member {
  readonly process: WorkerProcess;
  /** Settles when it holds the functions; undefined until it is given them. */
  loaded: Promise<void> | undefined;
  ready = false;
  /** Milliseconds since the epoch; undefined until it serves. */
  servingSince: number | undefined;
  metrics: WorkerMetrics | undefined;
  /** Looks in a row that found that it had said nothing. */
  silentLooks = 0;
  readonly #settings: WorkerSettings;
  readonly #owner: MemberOwner;
  #verdict: Verdict | undefined;
  #running: { readonly mark: FunctionMark; readonly at: number } | undefined;

  /** Starts the process, which holds nothing yet. */
  constructor({ entry, flags, settings }: MemberOptions, owner: MemberOwner) {
    this.#owner = owner;
    this.process = new WorkerProcess({
      entry,
      env: settings.env,
      flags,
      onMessage: (message) => this.#receive(message, owner),
      onReport: (report) => this.#take(report, owner),
      onExit: (exit) => owner.onExit(this, exit),
    });
    // A folder of its own: what a worker that is killed leaves in it goes with it.
    const uploadDir = join(settings.uploadDir, randomUUID());
    void removeAfter(this.process.ended, uploadDir);
    this.#settings = { ...settings, uploadDir };
  }

  /** Gives it the functions: to be called once, before all else. Answers itself. */
  load(functions: readonly BuiltFunction[]): this {
    this.loaded = this.process.call('load', { settings: this.#settings, functions }, 0);
    this.loaded.then(
      () => (this.ready = true),
      () => this.#owner.log('debug', 'a worker ended before it had loaded'),
    );
    return this;
  }

  /** Ends it for a reason; the first one counts. */
  condemn(verdict: Verdict): void {
    this.#verdict ??= verdict;
    this.process.kill();
  }

  /** What is known of its end. */
  facts(exit: WorkerExit, logs: readonly LogRecord[]): WorkerFacts {
    return {
      pid: this.process.pid,
      exit,
      verdict: this.#verdict,
      running: this.#running,
      servedMs: this.servingSince === undefined ? 0 : Math.max(0, Date.now() - this.servingSince),
      logs,
      metrics: this.metrics,
    };
  }

  #receive(message: WorkerMessage, owner: MemberOwner): void {
    this.silentLooks = 0;
    if (message.type === 'logs') owner.onLogs(message.records);
    else if (message.type === 'metrics') {
      this.metrics = message.metrics;
      owner.onMetrics(this, message.metrics);
    }
  }

  #take(report: WatchdogReport, owner: MemberOwner): void {
    if (report.type === 'running') this.#running = { mark: report.mark, at: Date.now() };
    else {
      if ('lines' in report) owner.onLogs(report.lines.flatMap(toRecord));
      owner.onReport(this, report);
    }
  }
}

async function removeAfter(ended: Promise<void>, dir: string): Promise<void> {
  await ended;
  // What stays is removed at the next start.
  await rm(dir, { recursive: true, force: true }).catch(() => {});
}

/** A record as the worker wrote it; none when its line was cut short. */
function toRecord(line: string): readonly LogRecord[] {
  try {
    const record: unknown = JSON.parse(line);
    return isRecord(record) ? [record] : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is LogRecord {
  return typeof value === 'object' && value !== null && 'message' in value && 'level' in value && 'time' in value;
}
