import { describe, expect, it } from 'vitest';
import { examine, type FindBuilt } from '../../../../runtime/control/app/workers/crash-cause.ts';
import type { EndReason, WorkerFacts } from '../../../../runtime/control/app/workers/worker-end.ts';
import type { CompiledFrame, WatchdogReport } from '../../../../runtime/kernel/protocol/watchdog-report.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const x = { function: 'lib/x', revision: 3 };
const y = { function: 'y', revision: 1 };

/** Lines of the compiled code are one below those of the source, and columns the same. */
const map = JSON.stringify({ version: 3, sources: ['x.ts'], names: [], mappings: ';AAAA,QAAQ;AACR,QAAQ' });
const findBuilt: FindBuilt = ({ function: name, revision }) =>
  name === 'lib/x' && revision === 3 ? { name, revision, methods: undefined, code: '', map } : undefined;

function facts(more: Partial<WorkerFacts> = {}): WorkerFacts {
  const exit = { code: null, signal: 'SIGKILL' };
  return { pid: 42, exit, reason: undefined, running: undefined, servedMs: 1234, logs: [], metrics: undefined, ...more };
}

function stuck(evidence: Partial<Extract<WatchdogReport, { type: 'stuck' }>> = {}): EndReason {
  return { cause: 'stuck', report: { type: 'stuck', blockedMs: 3000, lines: [], frames: [], ...evidence } };
}

function memory(evidence: Partial<Extract<WatchdogReport, { type: 'memory' }>> = {}): EndReason {
  const report = {
    type: 'memory',
    level: 'hard',
    rss: 600.4 * 1024 ** 2,
    blockedMs: 0,
    suspects: [],
    lines: [],
    frames: [],
    ...evidence,
  } as const;
  return { cause: 'memory', report };
}

const frame = (line: number, column: number): CompiledFrame => ({ ...x, line, column });
const seen = (mark: typeof x, ago: number) => ({ mark, at: at - ago });

/** What matters of a finding. */
function judge(more: Partial<WorkerFacts>): { cause: string; message: string; place: unknown; proven: boolean; stack: readonly string[] } {
  const { report, proven } = examine(facts(more), findBuilt, at);
  return { cause: report.cause, message: report.message, place: report.place, proven, stack: report.stack };
}

describe('examine()', () => {
  it('reports what is known, under an id that sorts by time', () => {
    const logs = [{ time: 1, level: 'info', message: 'before' }] as const;
    const { report, proven } = examine(facts({ logs }), findBuilt, at);
    expect(report).toEqual({
      id: expect.stringMatching(/^2026-01-02T03-04-05-006Z-[0-9a-f]{8}$/),
      at,
      pid: 42,
      code: null,
      signal: 'SIGKILL',
      cause: 'exited',
      message: 'the worker ended with SIGKILL.',
      servedMs: 1234,
      quarantined: false,
      stack: [],
      suspects: [],
      logs,
      metrics: null,
    });
    expect(proven).toBe(false);
    expect(examine(facts(), findBuilt, at).report.id).not.toBe(report.id);
    expect(examine(facts({ pid: undefined }), findBuilt).report).toMatchObject({ pid: null, at: expect.any(Number) });
  });

  it('takes the stack of a loop that is stuck for proof, with places in the source', () => {
    const reason = stuck({ mark: y, frames: [frame(3, 9), frame(2, 1)] });
    expect(judge({ reason, running: seen(y, 0) })).toEqual({
      cause: 'stuck',
      message: 'the event loop was blocked for 3000 ms in lib/x, revision 3, line 2.',
      place: { ...x, line: 2, column: 9 },
      proven: true,
      stack: ['lib/x.ts:2:9', 'lib/x.ts:1:1'],
    });
  });

  it('names the function without a line when its code is not known any more', () => {
    const reason = stuck({ frames: [{ ...y, line: 8, column: 9 }] });
    const message = 'the event loop was blocked for 3000 ms in y, revision 1.';
    expect(judge({ reason })).toEqual({ cause: 'stuck', message, place: y, proven: true, stack: ['y.ts'] });
  });

  it('says where code of others hung that a function has called', () => {
    const { message } = judge({ reason: stuck({ frames: [frame(2, 1)], where: 'file:///p/index.js:7' }) });
    expect(message).toBe('the event loop was blocked for 3000 ms in lib/x, revision 3, line 1 (inside file:///p/index.js:7).');
  });

  it('takes the mark of a loop that is stuck for proof when there is no stack', () => {
    const message = 'the event loop was blocked for 3000 ms in lib/x, revision 3.';
    const found = { cause: 'stuck', message, place: x, proven: true, stack: [] };
    expect(judge({ reason: stuck({ mark: x }), running: seen(y, 0) })).toEqual(found);
  });

  it('takes who was seen in the last five seconds for likely, not for proof', () => {
    const message = 'the event loop was blocked for 3000 ms in lib/x, revision 3.';
    expect(judge({ reason: stuck(), running: seen(x, 4999) })).toMatchObject({ message, place: x, proven: false });
    const unknown = { message: 'the event loop was blocked for 3000 ms.', place: undefined, proven: false };
    expect(judge({ reason: stuck(), running: seen(x, 5000) })).toMatchObject(unknown);
    expect(judge({ reason: stuck() })).toMatchObject(unknown);
  });

  it('takes who fills memory without a pause for proven', () => {
    const reason = memory({ blockedMs: 200, frames: [frame(2, 1)], suspects: [{ ...y, bytes: 9 }] });
    const message = 'the worker used 600 MB of memory, most likely in lib/x, revision 3, line 1.';
    const found = { cause: 'memory', message, place: { ...x, line: 1, column: 1 }, proven: true, stack: ['lib/x.ts:1:1'] };
    expect(judge({ reason })).toEqual(found);
    expect(judge({ reason: memory({ blockedMs: 200, mark: y }) })).toMatchObject({ place: y, proven: true });
    expect(examine(facts({ reason }), findBuilt, at).report.suspects).toEqual([{ ...y, bytes: 9 }]);
  });

  it('takes who holds most of the memory for likely, and not who runs while the loop turns', () => {
    const reason = memory({ mark: x, frames: [frame(2, 1)], suspects: [{ ...y, bytes: 90 * 1024 ** 2 }] });
    const message = 'the worker used 600 MB of memory, most likely in y, revision 1.';
    expect(judge({ reason, running: seen(x, 0) })).toEqual({ cause: 'memory', message, place: y, proven: false, stack: [] });
    const little = memory({ suspects: [{ ...y, bytes: 9 }] });
    expect(judge({ reason: little })).toMatchObject({ place: undefined, proven: false });
    expect(judge({ reason: memory({ blockedMs: 90 }), running: seen(x, 9000) })).toMatchObject({ place: undefined, proven: false });
  });

  it('says how long a worker had been silent', () => {
    const reason = { cause: 'silent', seconds: 11 } as const;
    const message = 'the worker was silent for 11 s, most likely in lib/x, revision 3.';
    expect(judge({ reason, running: seen(x, 10) })).toEqual({ cause: 'silent', message, place: x, proven: false, stack: [] });
  });

  it.each([
    [{ code: 7, signal: null }, 'the worker ended with exit code 7, most likely in lib/x, revision 3.'],
    [{ code: null, signal: 'SIGSEGV' }, 'the worker ended with SIGSEGV, most likely in lib/x, revision 3.'],
    [
      { code: null, signal: 'SIGABRT' },
      'the worker ended with SIGABRT, which is what happens when the heap is full, most likely in lib/x, revision 3.',
    ],
    [
      { code: 134, signal: null },
      'the worker ended with exit code 134, which is what happens when the heap is full, most likely in lib/x, revision 3.',
    ],
  ])('says that a worker ended by itself with %j', (exit, message) => {
    expect(judge({ exit, running: seen(x, 10) })).toEqual({ cause: 'exited', message, place: x, proven: false, stack: [] });
  });
});
