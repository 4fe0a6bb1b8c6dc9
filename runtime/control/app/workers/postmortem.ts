import { randomUUID } from 'node:crypto';
import type { LogRecord } from '../../../kernel/ports/logger.ts';
import type { CompiledFrame, FunctionMark, MemorySuspect, WatchdogReport, WorkerMetrics } from '../../../kernel/protocol/protocol.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import { showPlace, toSourcePlace } from './places.ts';
import type { CrashPlace, CrashReport } from '../../services.ts';
import type { WorkerExit } from './worker-process.ts';

/** Milliseconds for which it is worth knowing whose code was running. */
const runningTime = 5_000;

/** The part of a worker's memory that makes who holds it likely: Buffers are not sampled. */
const largePart = 0.1;

/** Why control ends a worker. */
export type Verdict =
  | { readonly cause: 'stuck'; readonly report: Extract<WatchdogReport, { type: 'stuck' }> }
  | { readonly cause: 'memory'; readonly report: Extract<WatchdogReport, { type: 'memory' }> }
  | { readonly cause: 'silent'; readonly seconds: number };

/** What is known of a worker that has ended, or is about to be. */
export interface WorkerFacts {
  readonly pid: number | undefined;
  readonly exit: WorkerExit;
  /** Undefined when it ended by itself. */
  readonly verdict: Verdict | undefined;
  /** Whose code was last seen running without a pause. */
  readonly running: { readonly mark: FunctionMark; readonly at: number } | undefined;
  readonly servedMs: number;
  readonly logs: readonly LogRecord[];
  readonly metrics: WorkerMetrics | undefined;
}

/** A report, and whether its evidence is proof against the function in it. */
export interface Finding {
  readonly report: CrashReport;
  readonly proven: boolean;
}

/** The compiled code of a function at a revision, if anybody has it still. */
export type FindBuilt = (mark: FunctionMark) => BuiltFunction | undefined;

/** Finds out why a worker ended, from what it left. */
export function examine(facts: WorkerFacts, findBuilt: FindBuilt, at = Date.now()): Finding {
  const { frames, suspects, blamed, proven, where } = weigh(facts, at);
  const places = frames.map((frame) => toSourcePlace(frame, findBuilt(frame)));
  const place = places[0] ?? blamed;
  const report = {
    // Sorts by time.
    id: `${new Date(at).toISOString().replaceAll(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}`,
    at,
    pid: facts.pid ?? null,
    ...facts.exit,
    cause: facts.verdict?.cause ?? ('exited' as const),
    message: describe(facts, place, where),
    servedMs: facts.servedMs,
    ...(place && { place }),
    quarantined: false,
    stack: places.map(showPlace),
    suspects,
    logs: facts.logs,
    metrics: facts.metrics ?? null,
  };
  return { report, proven };
}

interface Weighed {
  readonly frames: readonly CompiledFrame[];
  readonly suspects: readonly MemorySuspect[];
  readonly blamed: CrashPlace | undefined;
  readonly proven: boolean;
  readonly where: string | undefined;
}

function weigh({ verdict, running }: WorkerFacts, at: number): Weighed {
  const seen = running && at - running.at < runningTime ? running.mark : undefined;
  if (!verdict || verdict.cause === 'silent') return { frames: [], suspects: [], blamed: seen, proven: false, where: undefined };
  const { report } = verdict;
  const { frames, mark, where } = report;
  const blamed = mark ?? seen;
  if (report.type === 'stuck') return { frames, suspects: [], blamed, proven: frames.length > 0 || mark !== undefined, where };
  // While the loop turns, whoever runs at this moment need not be who took the memory.
  const filling = report.blockedMs > 0 && (frames.length > 0 || mark !== undefined);
  const largest = report.suspects.find(({ bytes }) => bytes >= report.rss * largePart);
  const { suspects } = report;
  if (filling) return { frames, suspects, blamed, proven: true, where };
  return { frames: [], suspects, blamed: largest && { function: largest.function, revision: largest.revision }, proven: false, where };
}

function describe({ verdict, exit }: WorkerFacts, place: CrashPlace | undefined, where: string | undefined): string {
  const whose = place ? ` in ${place.function}, revision ${place.revision}${place.line === undefined ? '' : `, line ${place.line}`}` : '';
  const inside = where === undefined ? '' : ` (inside ${where})`;
  const likely = whose === '' ? '' : `, most likely${whose}`;
  if (!verdict) return `the worker ended with ${exit.signal ?? `exit code ${exit.code}`}${heap(exit)}${likely}.`;
  if (verdict.cause === 'stuck') return `the event loop was blocked for ${verdict.report.blockedMs} ms${whose}${inside}.`;
  if (verdict.cause === 'memory') return `the worker used ${Math.round(verdict.report.rss / 1024 ** 2)} MB of memory${likely}.`;
  return `the worker was silent for ${verdict.seconds} s${likely}.`;
}

/** What V8 ends the process with when its heap is full, faster than anybody could look. */
function heap({ code, signal }: WorkerExit): string {
  return signal === 'SIGABRT' || code === 134 ? ', which is what happens when the heap is full' : '';
}
