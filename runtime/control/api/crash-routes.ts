import { HearthError } from '../../kernel/errors.ts';
import type { CrashReport } from '../app/workers/crash-report.ts';
import type { AnswerBody } from './responses.ts';
import { type ApiScope, type Route, answer } from './route.ts';

export function crashRoutes(scope: ApiScope): readonly Route[] {
  const { crashes } = scope.services;
  return [
    {
      id: 'listCrashes',
      method: 'GET',
      path: '/v1/crashes',
      summary: 'Lists the crashes of workers, newest first.',
      answers: { 200: { description: 'Summaries of the crash reports.', schema: 'CrashList' } },
      handle: (ctx) => answer(ctx, 'CrashList', { crashes: crashes.list().map(toCrashSummary) }),
    },
    {
      id: 'getCrash',
      method: 'GET',
      path: '/v1/crashes/{id}',
      summary: 'Reads a crash report.',
      answers: { 200: { description: 'The crash report.', schema: 'Crash' } },
      errors: ['CRASH_NOT_FOUND'],
      handle(ctx) {
        const id = ctx.params['id'] ?? '';
        const report = crashes.get(id);
        if (!report) throw new HearthError('CRASH_NOT_FOUND', { id });
        answer(ctx, 'Crash', report);
      },
    },
  ];
}

/** A report without what only its reader needs. */
export function toCrashSummary(report: CrashReport): AnswerBody<'CrashSummary'> {
  const { id, at, pid, code, signal, cause, message, place, quarantined } = report;
  return { id, at, pid, code, signal, cause, message, ...(place && { place }), quarantined };
}
