import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type FunctionSummary, queries } from '../api/queries.ts';
import { useDrafts } from '../state/drafts.ts';

/** A function of the tree: one that is live, one that somebody is writing here, or both. */
export interface Entry {
  readonly name: string;
  /** Undefined while it has never been published, or was deleted. */
  readonly live: FunctionSummary | undefined;
  readonly draft: boolean;
}

/** All functions by name, and how the list of the live ones stands. */
export function useEntries() {
  const { data: live, error, isFetching, refetch } = useQuery(queries.functions());
  const drafts = useDrafts((state) => state.drafts);
  // Typing changes a draft's text all the time, but rarely which functions have one.
  const drafted = Object.keys(drafts).toSorted().join('\n');
  const entries = useMemo(() => merge(live ?? [], drafted === '' ? [] : drafted.split('\n')), [live, drafted]);
  return { entries, loading: live === undefined && error === null, error, isFetching, refetch };
}

/** Names that a new function cannot have. */
export function useTakenNames(): ReadonlySet<string> {
  const { entries } = useEntries();
  return useMemo(() => new Set(entries.keys()), [entries]);
}

function merge(live: readonly FunctionSummary[], drafted: readonly string[]): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>(live.map((one) => [one.name, { name: one.name, live: one, draft: false }]));
  for (const name of drafted) entries.set(name, { name, live: entries.get(name)?.live, draft: true });
  return entries;
}
