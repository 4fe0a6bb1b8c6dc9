import { QueryClient, queryOptions } from '@tanstack/react-query';
import type { AnswerBody } from '../../runtime/control/api/responses.ts';
import { ApiError, call, functionPath } from './client.ts';
import { readSession } from './session.ts';

export type FunctionSummary = AnswerBody<'FunctionSummary'>;
export type FunctionDetail = AnswerBody<'Function'>;
export type RevisionSummary = AnswerBody<'RevisionSummary'>;
export type LogRecord = AnswerBody<'LogRecord'>;
export type LoggedRecord = AnswerBody<'LoggedRecord'>;
export type Status = AnswerBody<'Status'>;
export type Connection = AnswerBody<'Connection'>;
export type RunResult = AnswerBody<'RunResult'>;

/** Makes the cache of what the host has answered. Only a host that cannot be reached is asked again by itself. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (attempts, error) => attempts < 30 && error instanceof ApiError && (error.status === 0 || error.status === 503),
        retryDelay: (attempt) => Math.min(250 * 2 ** attempt, 3_000),
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}

/** Keys begin with the kind of thing, so that `invalidateQueries({ queryKey: ['functions'] })` means all of it. */
export const queries = {
  session: () => queryOptions({ queryKey: ['session'], queryFn: readSession, staleTime: 60_000 }),
  functions: () =>
    queryOptions({
      queryKey: ['functions'],
      queryFn: async ({ signal }) => (await call('FunctionList', '/v1/functions', { signal })).functions,
      // Colleagues and other hosts publish too.
      refetchInterval: 5_000,
    }),
  function: (name: string) =>
    queryOptions({ queryKey: ['functions', name], queryFn: ({ signal }) => call('Function', functionPath(name), { signal }) }),
  revisions: (name: string) =>
    queryOptions({
      queryKey: ['functions', name, 'revisions'],
      queryFn: async ({ signal }) => (await call('RevisionList', functionPath(name, '/revisions'), { signal })).revisions,
    }),
  revision: (name: string, revision: number) =>
    queryOptions({
      queryKey: ['functions', name, 'revisions', revision],
      queryFn: ({ signal }) => call('Revision', functionPath(name, `/revisions/${revision}`), { signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  status: () =>
    queryOptions({ queryKey: ['status'], queryFn: ({ signal }) => call('Status', '/v1/status', { signal }), refetchInterval: 2_000 }),
};
