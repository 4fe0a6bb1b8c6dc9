import type { CrashReport } from '../../../../runtime/control/app/workers/crash-report.ts';

/** A report of a worker that `lib/x@3` has ended. */
export function crashReport(more: Partial<CrashReport> = {}): CrashReport {
  return {
    id: '2026-01-02T03-04-05-006Z-0a1b2c3d',
    at: 1_767_323_045_006,
    pid: 42,
    code: null,
    signal: 'SIGKILL',
    cause: 'stuck',
    message: 'the event loop was blocked for 3000 ms in lib/x, revision 3.',
    servedMs: 1000,
    place: { function: 'lib/x', revision: 3 },
    quarantined: true,
    stack: [],
    suspects: [],
    logs: [{ time: 1_767_323_045_000, level: 'info', message: 'before' }],
    metrics: null,
    ...more,
  };
}
