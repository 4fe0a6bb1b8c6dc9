import { randomUUID } from 'node:crypto';
import type { CompiledFrame, FunctionMark, MemorySuspect } from '../../../kernel/protocol/watchdog-report.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { CrashPlace, CrashReport } from './crash-report.ts';
import { showPlace, toSourcePlace } from './source-position.ts';
import type { EndReason, WorkerExit, WorkerFacts } from './worker-end.ts';

/** Milliseconds for which it is worth knowing whose code was running. */
const runningTime = 5_000;

/** The part of a worker's memory that makes who holds it likely: Buffers are not sampled. */
const largePart = 0.1;

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
    id: toId(at),
    at,
    pid: facts.pid ?? null,
    ...facts.exit,
    cause: facts.reason?.cause ?? ('exited' as const),
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

/** The report of a host that ended, by itself or by force, while it ran this code at its start. */
export function reportHostDeath({ function: name, revision }: FunctionMark, logs: CrashReport['logs'], at = Date.now()): CrashReport {
  return {
    id: toId(at),
    at,
    pid: null,
    code: null,
    signal: null,
    cause: 'exited',
    message: `the host ended while it ran ${name}, revision ${revision}, before it served.`,
    servedMs: 0,
    place: { function: name, revision },
    quarantined: false,
    stack: [],
    suspects: [],
    logs,
    metrics: null,
  };
}

/** Sorts by time. */
function toId(at: number): string {
  return `${new Date(at).toISOString().replaceAll(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}`;
}

interface Weighed {
  readonly frames: readonly CompiledFrame[];
  readonly suspects: readonly MemorySuspect[];
  readonly blamed: CrashPlace | undefined;
  readonly proven: boolean;
  readonly where: string | undefined;
}

function weigh({ reason, running, starting }: WorkerFacts, at: number): Weighed {
  const seen = running && at - running.at < runningTime ? running.mark : starting;
  if (!reason || reason.cause === 'silent' || reason.cause === 'garbled')
    return { frames: [], suspects: [], blamed: seen, proven: false, where: undefined };
  if (reason.cause === 'unserved') return { frames: [], suspects: [], blamed: reason.mark, proven: false, where: undefined };
  const { report } = reason;
  const { frames, mark, where } = report;
  const blamed = mark ?? seen;
  if (report.type === 'stuck') return { frames, suspects: [], blamed, proven: frames.length > 0 || mark !== undefined, where };
  // While the loop turns, the code that runs at this moment need not be what took the memory.
  const filling = report.blockedMs > 0 && (frames.length > 0 || mark !== undefined);
  const largest = report.suspects.find(({ bytes }) => bytes >= report.rss * largePart);
  const { suspects } = report;
  if (filling) return { frames, suspects, blamed, proven: true, where };
  return {
    frames: [],
    suspects,
    blamed: largest ? { function: largest.function, revision: largest.revision } : starting,
    proven: false,
    where,
  };
}

function describe({ reason, exit }: WorkerFacts, place: CrashPlace | undefined, where: string | undefined): string {
  const whose = place ? ` in ${place.function}, revision ${place.revision}${place.line === undefined ? '' : `, line ${place.line}`}` : '';
  const inside = where === undefined ? '' : ` (inside ${where})`;
  const likely = whose === '' ? '' : `, most likely${whose}`;
  if (!reason) return `the worker ended with ${exit.signal ?? `exit code ${exit.code}`}${heap(exit)}${likely}.`;
  if (reason.cause === 'stuck') return `the event loop was blocked for ${reason.report.blockedMs} ms${whose}${inside}.`;
  if (reason.cause === 'memory') return `the worker used ${Math.round(reason.report.rss / 1024 ** 2)} MB of memory${likely}.`;
  if (reason.cause === 'unserved') return describeUnserved(reason, place);
  if (reason.cause === 'garbled') return `${reason.what}. A program or a function may have written to the host's descriptors${likely}.`;
  return `the worker was silent for ${reason.seconds} s${likely}.`;
}

function describeUnserved({ failed, mark }: Extract<EndReason, { cause: 'unserved' }>, place: CrashPlace | undefined): string {
  const what = `the worker ran, but twice failed ${failed.join(', ')} of the host's own`;
  if (!failed.includes('an upload') || failed.length > 1) return `${what}. A function has probably changed built-ins that all code shares.`;
  const whose = place && mark ? `, most likely by files or host names that ${place.function}, revision ${place.revision}, waits for` : '';
  return `${what}: the threads that read files and look up names are all held up${whose}.`;
}

/** What V8 ends the process with when its heap is full, faster than anybody could look. */
function heap({ code, signal }: WorkerExit): string {
  return signal === 'SIGABRT' || code === 134 ? ', which is what happens when the heap is full' : '';
}
