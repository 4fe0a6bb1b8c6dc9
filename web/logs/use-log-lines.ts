import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo, useState, useSyncExternalStore } from 'react';
import { call } from '../api/client.ts';
import { logStream, type LogStreamState } from '../api/log-stream.ts';
import type { LoggedRecord } from '../api/queries.ts';
import { filterFields, type LogFilter } from './filter.ts';
import { LogView } from './log-view.ts';

/** Lines that the host is asked for at first, and the most that it answers. */
const steps = { first: 1_000, most: 10_000 } as const;

/** The lines that a filter lets through, live. */
export interface LogLines {
  readonly lines: readonly LoggedRecord[];
  /** Another one when the lines are others altogether: after another filter, for one. */
  readonly view: string;
  readonly state: LogStreamState;
  /** How many have come while it is paused. */
  readonly waiting: number;
  readonly loading: boolean;
  readonly error: unknown;
  /** Shows what the host still has from before; absent when there is nothing more. */
  readonly loadEarlier: (() => void) | undefined;
  /** Begins with an empty list. */
  readonly clear: () => void;
}

/** Follows the log, unless `paused`. */
export function useLogLines(filter: LogFilter, paused: boolean): LogLines {
  useSyncExternalStore(logStream.subscribe, logStream.version);
  const key = JSON.stringify(filter);
  const [asked, setAsked] = useState({ key, generation: 0, most: false });
  const { generation, most } = asked.key === key ? asked : { generation: 0, most: false };
  const [cleared, setCleared] = useState<object>();
  const { ring } = logStream;
  const view = useMemo(() => {
    const made = new LogView(filter);
    made.take(ring);
    return made;
    // oxlint-disable-next-line react/exhaustive-deps -- the key stands for the filter
  }, [key, generation, ring]);
  const limit = most ? steps.most : steps.first;
  const fields = filterFields(filter);
  const enabled = most || Object.keys(fields).length > 0;
  const earlier = useQuery({ ...earlierQuery(fields, limit), enabled });
  const { data } = earlier;
  useMemo(() => data && enabled && view.merge(data), [view, data, enabled]);
  if (!paused) view.take(ring);
  const { lines } = view;
  const isCleared = cleared === view;
  const more = isCleared || (!most && (enabled ? (data?.length ?? 0) >= limit : lines.length >= steps.first));
  return {
    lines,
    view: `${key}${generation}`,
    state: logStream.state(),
    waiting: paused ? view.waiting(ring) : 0,
    loading: earlier.isFetching,
    error: earlier.error,
    loadEarlier: more ? () => setAsked({ key, generation: generation + 1, most: true }) : undefined,
    clear: () => {
      view.clear(ring);
      setCleared(view);
    },
  };
}

// Kept for nobody: what the host had then says little of what it has now.
const earlierQuery = (fields: Readonly<Record<string, string>>, limit: number) =>
  queryOptions({
    queryKey: ['logs', fields, limit],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ ...fields, limit: String(limit) });
      return (await call('LogList', `/v1/logs?${query}`, { signal })).logs;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
