import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../api/client.ts';

/** At most so many rows are asked for. */
const rowLimit = 1_000;

/** The connection table, each second anew unless it is paused. */
export function connectionsQuery(filter: string, isPaused: boolean) {
  const query = new URLSearchParams({ limit: String(rowLimit), ...(filter !== '' && { filter }) });
  return queryOptions({
    queryKey: ['connections', filter],
    queryFn: ({ signal }) => call('ConnectionList', `/v1/connections?${query}`, { signal }),
    refetchInterval: isPaused ? false : 1_000,
    staleTime: 500,
    placeholderData: keepPreviousData,
  });
}
