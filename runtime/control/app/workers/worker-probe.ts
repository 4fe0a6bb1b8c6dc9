import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionMark } from '../../../kernel/protocol/watchdog-report.ts';
import { passes, probes, probeTime } from './probe-client.ts';
import type { WorkerProcess } from './worker-process.ts';

/**
 * Milliseconds between two probes, and until the second look at a worker that has failed one: longer than its watchdog
 * takes to report that descriptors are short.
 */
const interval = 2_000;
const retryInterval = 3_000;
/** Metrics reports, one a second, that show during a probe which has timed out that the event loop turned all the time. */
const neededTurns = 2;
/** Part of the requests between two looks that have to fail before the worker is suspected. */
const failingPart = 0.9;

export interface WorkerProbeOptions {
  /** The worker that serves at this moment. */
  serving(): WorkerProcess | undefined;
  /** Where uploads go. */
  readonly uploadDir: string;
}

type Counts = Readonly<Record<'requests' | 'requestErrors' | 'timeouts', number>>;

/** What a worker did not do, and whose code is likely to be the cause. */
interface Failure {
  readonly failed: readonly string[];
  readonly mark: FunctionMark | undefined;
}

/**
 * Asks the serving worker, when something looks wrong with it, for what its clients want of it: a call, an upload, a
 * WebSocket, a publish. One whose loop turns and that fails twice in a row serves nobody, whatever its status says, and
 * is ended. Code that functions have changed cannot be trusted to notice that itself.
 *
 * It does not ask all the time: V8 optimizes the code that serves for the one app that it meets, and having met the
 * probe's as well it makes 0.90 of the requests and echoes a second (quartiles 0.85 and 0.94).
 */
export class WorkerProbe {
  readonly #options: WorkerProbeOptions;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failedOnce: WorkerProcess | undefined;
  #suspected = false;
  /** What a worker had served at the last look. */
  #seen: { readonly worker: WorkerProcess; readonly counts: Counts } | undefined;

  constructor(options: WorkerProbeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#later(interval);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Something was logged that no function explains: the next look probes. */
  suspect(): void {
    this.#suspected = true;
  }

  #later(time: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), time);
  }

  async #look(): Promise<void> {
    this.#later(await this.#probe());
  }

  /** Never rejects; returns in how many milliseconds to probe again. */
  async #probe(): Promise<number> {
    const worker = this.#options.serving();
    // A worker without free descriptors serves those that it has, and is replaced if that helps.
    if (!worker || worker.shortOfDescriptors) return interval;
    const isSuspected = this.#isFailing(worker) || this.#suspected || this.#failedOnce === worker;
    this.#suspected = false;
    if (!isSuspected) return interval;
    const failure = await this.#judge(worker);
    const isSecond = this.#failedOnce === worker;
    this.#failedOnce = undefined;
    if (!failure || this.#stopped || this.#options.serving() !== worker) return interval;
    if (isSecond) {
      worker.endFor({ cause: 'unserved', failed: failure.failed, ...(failure.mark && { mark: failure.mark }) });
      return interval;
    }
    this.#failedOnce = worker;
    return retryInterval;
  }

  /** Whether nearly all that it was asked since the last look has failed, or something has taken too long. */
  #isFailing(worker: WorkerProcess): boolean {
    const { requests = 0, requestErrors = 0, timeouts = 0 } = worker.metrics ?? {};
    const before = this.#seen?.worker === worker ? this.#seen.counts : { requests: 0, requestErrors: 0, timeouts: 0 };
    this.#seen = { worker, counts: { requests, requestErrors, timeouts } };
    const asked = requests - before.requests;
    return (asked > 0 && requestErrors - before.requestErrors >= asked * failingPart) || timeouts > before.timeouts;
  }

  /** Undefined also where the worker is not to blame: it is busy, or the disk is full. */
  async #judge(worker: WorkerProcess): Promise<Failure | undefined> {
    const began = performance.now();
    const { turns, stalls } = worker;
    const { failed, waiting } = await ask(worker);
    if (failed.length === 0) return undefined;
    const hasWaited = performance.now() - began >= probeTime;
    // A busy worker needs many turns of its loop for a probe, each behind those of its clients.
    if (hasWaited && (worker.turns - turns < neededTurns || worker.stalls > stalls)) return undefined;
    if (worker.shortOfDescriptors) return undefined;
    const uploadsOnly = failed.length === 1 && failed[0] === 'an upload';
    if (uploadsOnly && !(await canWrite(this.#options.uploadDir))) return undefined;
    return { failed, mark: uploadsOnly && hasWaited ? waiting[0] : undefined };
  }
}

async function ask(worker: WorkerProcess): Promise<{ failed: readonly string[]; waiting: readonly FunctionMark[] }> {
  const answer = await worker.call('probe', {}, probeTime).catch(() => undefined);
  if (typeof answer?.port !== 'number' || !Array.isArray(answer.waiting)) return { failed: ['a publish'], waiting: [] };
  const { port, waiting } = answer;
  const passed = await Promise.all(Object.entries(probes).map(async ([name, probe]) => ({ name, ok: await passes(probe, port) })));
  return { failed: passed.filter(({ ok }) => !ok).map(({ name }) => name), waiting };
}

async function canWrite(dir: string): Promise<boolean> {
  const file = join(dir, `probe-${process.pid}`);
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(file, 'probe');
    await rm(file);
    return true;
  } catch {
    return false;
  }
}
