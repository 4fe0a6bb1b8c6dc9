import type { QueryClient } from '@tanstack/react-query';
import { call, command, functionPath } from '../api/client.ts';
import { type FunctionDetail, type FunctionSummary, queries } from '../api/queries.ts';
import { type Draft, useDrafts } from '../state/drafts.ts';
import { useTabs } from '../state/tabs.ts';
import { renameImports, type Renaming } from './rename-imports.ts';
import { own } from '../state/own.ts';

/** Begins a draft of a function that is not on the host yet, and opens its tab. */
export function createDraft(name: string, source: string): void {
  useDrafts.getState().write(name, source, { base: 0, baseSource: '' });
  useTabs.getState().show(name);
}

/** What somebody sees of a function: the draft, or what is live. Rejects with an `ApiError`. */
export async function readSource(cache: QueryClient, name: string): Promise<string> {
  return own(useDrafts.getState().drafts, name)?.source ?? (await cache.fetchQuery(queries.function(name))).source;
}

/** How to rename. */
export interface RenameOptions extends Renaming {
  /** Functions whose imports follow; undefined of a function that was never published. */
  readonly importers: readonly FunctionSummary[];
  readonly live: FunctionSummary | undefined;
}

/**
 * Renames a function: on the host in one change with the imports of others, here with its draft and its
 * tab. Rejects with an `ApiError`, and then nothing has changed.
 */
export async function renameFunction(cache: QueryClient, options: RenameOptions): Promise<void> {
  const { from, to, live } = options;
  const draft = own(useDrafts.getState().drafts, from);
  if (live) await renameOnHost(cache, options, draft);
  else if (draft) {
    useDrafts.getState().drop(from);
    useDrafts.getState().write(to, renameImports(draft.source, from, options), { base: 0, baseSource: '' });
  }
  useTabs.getState().rename(from, to);
}

async function renameOnHost(cache: QueryClient, options: RenameOptions, draft: Draft | undefined): Promise<void> {
  const { from, to, importers } = options;
  const read = (name: string): Promise<FunctionDetail> => cache.fetchQuery({ ...queries.function(name), staleTime: 0 });
  const [before, ...others] = await Promise.all([read(from), ...importers.map(({ name }) => read(name))]);
  const moved = { name: to, source: renameImports(before.source, from, options), methods: before.methods, ifRevision: 0 };
  const followers = others.map(({ name, source, revision }) => ({
    name,
    source: renameImports(source, name, options),
    ifRevision: revision,
  }));
  const changed = followers.filter(({ name, source }) => others.some((one) => one.name === name && one.source !== source));
  const body = { functions: [moved, ...changed], deleted: [from], note: `rename ${from} to ${to}` };
  const { functions } = await call('PublishedChange', '/v1/publish', { method: 'POST', body });
  for (const { name, source, ifRevision } of [moved, ...changed]) {
    const revision = functions.find((one) => one.name === name)?.revision ?? 0;
    if (name !== to) follow(name, options, { base: revision, baseSource: source, seen: ifRevision });
    else if (draft) useDrafts.getState().write(to, renameImports(draft.source, from, options), { base: revision, baseSource: source });
  }
  useDrafts.getState().drop(from);
}

/** Has the draft of an importer go on from what was published; one that was behind already is left to be settled by hand. */
function follow(name: string, options: Renaming, { seen, ...begin }: { base: number; baseSource: string; seen: number }): void {
  const state = useDrafts.getState();
  const draft = own(state.drafts, name);
  if (draft?.base === seen) state.write(name, renameImports(draft.source, name, options), begin);
}

/** Deletes a function with its draft and its tab; answers how to undo it. Rejects with an `ApiError`. */
export async function deleteFunction(cache: QueryClient, name: string, live: FunctionSummary | undefined): Promise<() => Promise<void>> {
  const draft = own(useDrafts.getState().drafts, name);
  if (live) await command('DELETE', functionPath(name));
  useDrafts.getState().drop(name);
  void refresh(cache);
  return async () => {
    const restored = live ? await restoreFunction(cache, name, live.revision) : 0;
    // A draft that was behind what was live still is.
    if (draft) useDrafts.getState().write(name, draft.source, draft.base === live?.revision ? { ...draft, base: restored } : draft);
    useTabs.getState().show(name);
  };
}

/** Brings a deleted function back as it was at a revision; answers the new one. Rejects with an `ApiError`. */
export async function restoreFunction(cache: QueryClient, name: string, revision: number): Promise<number> {
  const body = { revision, ifRevision: 0 };
  const published = await call('Published', functionPath(name, '/rollback'), { method: 'POST', body });
  await refresh(cache);
  return published.revision;
}

async function refresh(cache: QueryClient): Promise<void> {
  await Promise.all([
    cache.invalidateQueries({ queryKey: ['functions'], exact: true }),
    cache.invalidateQueries({ queryKey: ['deleted'] }),
  ]);
}
