import { queryOptions } from '@tanstack/react-query';
import type { AnswerBody } from '../../runtime/control/api/responses.ts';
import { call } from '../api/client.ts';

export type Crash = AnswerBody<'Crash'>;
export type CrashSummary = AnswerBody<'CrashSummary'>;
export type StatusHistory = AnswerBody<'StatusHistory'>;
export type Sample = StatusHistory['samples'][number];

/** How far back samples are shown at most, in milliseconds. */
const longest = 30 * 60_000;

export const crashesQuery = () =>
  queryOptions({
    queryKey: ['crashes'],
    queryFn: async ({ signal }) => (await call('CrashList', '/v1/crashes', { signal })).crashes,
    refetchInterval: 5_000,
  });

/** A report never changes. */
export const crashQuery = (id: string) =>
  queryOptions({
    queryKey: ['crashes', id],
    queryFn: ({ signal }) => call('Crash', `/v1/crashes/${encodeURIComponent(id)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

const historyKey = ['history'] as const;

/** Asks only for what is new, and keeps what was seen when the host itself was started again. */
export const historyQuery = () =>
  queryOptions({
    queryKey: historyKey,
    queryFn: async ({ client, signal }): Promise<StatusHistory> => {
      const seen = client.getQueryData<StatusHistory>(historyKey)?.samples ?? [];
      const last = seen.at(-1)?.time;
      const since = last === undefined ? '' : `?since=${last}`;
      const { intervalMs, samples } = await call('StatusHistory', `/v1/status/history${since}`, { signal });
      const all = [...seen, ...samples];
      const from = (all.at(-1)?.time ?? 0) - longest;
      return { intervalMs, samples: all.filter(({ time }) => time >= from) };
    },
    refetchInterval: 2_000,
    structuralSharing: false,
  });
