import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { queries } from '../api/queries.ts';
import { useTabs } from '../state/tabs.ts';
import { loadMonaco } from './monaco.ts';

/** Keeps the tabs behind the one in front at what is live, since what is in front may import them. */
export function useBackgroundTabs(current: string): void {
  const cache = useQueryClient();
  const { data } = useQuery(queries.functions());
  useEffect(() => {
    const { open } = useTabs.getState();
    for (const { name, revision } of data ?? []) {
      const known = cache.getQueryData(queries.function(name).queryKey);
      // The next list tells again of one that cannot be read now.
      if (name !== current && open.includes(name) && known && known.revision !== revision) follow(cache, name).catch(() => {});
    }
  }, [cache, current, data]);
}

async function follow(cache: QueryClient, name: string): Promise<void> {
  const { revision, source } = await cache.fetchQuery({ ...queries.function(name), staleTime: 0, retry: false });
  const { models } = await loadMonaco();
  models.follow(name, { base: revision, baseSource: source });
}
