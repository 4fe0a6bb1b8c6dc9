import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { toast } from 'sonner';
import { useLocation } from 'wouter';
import { type FunctionDetail, queries } from '../api/queries.ts';
import { runCommand } from '../state/commands.ts';
import { useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { messageOf } from '../ui/feedback.tsx';
import { loadMonaco } from './monaco.ts';
import { type Edit, type Outcome, publish, type PublishOptions } from './publish.ts';
import { sameMethods, usePublishSettings } from './publish-settings.ts';
import { own } from '../state/own.ts';

/** What somebody has to decide before a publish goes on. */
export type Question = Extract<Outcome, { kind: 'types' | 'conflict' }>;

/** Publishing the function in front, or all drafts. */
export interface Publishing {
  readonly busy: boolean;
  readonly question: Question | undefined;
  /** Publishes the draft, or what is live with other methods; tells when there is nothing to publish. */
  readonly start: () => void;
  /** Publishes all drafts together, as functions that import each other need it. */
  readonly startAll: () => void;
  /** Publishes these, without looking at their types again. */
  readonly go: (edits: readonly Edit[]) => void;
  readonly dismiss: () => void;
}

/** Publishes and tells what became of it. `live` is what the host has of `name`: undefined for a new function. */
export function usePublish(name: string, live: FunctionDetail | undefined): Publishing {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const [question, setQuestion] = useState<Question>();
  const run = useCallback(
    async function publishAll(edits: readonly Edit[], options: PublishOptions): Promise<void> {
      setBusy(true);
      setQuestion(undefined);
      try {
        const outcome = await publish(edits, options);
        await mark(edits, outcome);
        if (outcome.kind === 'live') return await settle(cache, outcome);
        if (outcome.kind === 'stopped') return stop(outcome, () => void publishAll(edits, { checked: false, onLoadError: 'keep' }));
        if (outcome.kind === 'conflict') {
          await cache.invalidateQueries({ queryKey: ['functions'] });
          if (outcome.name !== name) navigate(functionLink(outcome.name));
          if (outcome.deleted) return void toast.error(`${outcome.name} was deleted on the host.`, { description: 'Your draft is kept.' });
        }
        setQuestion(outcome);
      } catch (error) {
        toast.error(messageOf(error), { description: 'Your draft is kept.' });
      } finally {
        setBusy(false);
      }
    },
    [cache, name, navigate],
  );
  const start = (edits: readonly Edit[]): void => {
    if (busy) return;
    if (edits.length > 0) void run(edits, { checked: true });
    else toast(`${name} is live as it stands here.`);
  };
  return {
    busy,
    question,
    start: () => start(toEdits(name, live)),
    startAll: () => start(Object.keys(useDrafts.getState().drafts).flatMap((one) => toEdits(one, undefined))),
    go: (edits) => void run(edits, { checked: false }),
    dismiss: () => setQuestion(undefined),
  };
}

async function mark(edits: readonly Edit[], outcome: Outcome): Promise<void> {
  const { markDiagnostics } = await loadMonaco();
  for (const { name } of edits) markDiagnostics(name, outcome.kind === 'stopped' ? outcome.diagnostics : []);
}

/** Milliseconds in which somebody can answer. */
const askingTime = 30_000;

/** Tells what is wrong. What only does not load may need what `__init__` sets, so it asks whether to publish it anyway. */
function stop({ message, compiles }: Extract<Outcome, { kind: 'stopped' }>, onKeep: () => void): void {
  runCommand('view.problems');
  if (!compiles) return void toast.error(message, { description: 'Nothing was published.' });
  toast.error(message, {
    description: 'Nothing was published. If the code needs what only exists at run time, it can go live and load at its first use.',
    duration: askingTime,
    action: { label: 'Publish anyway', onClick: onKeep },
  });
}

async function settle(cache: QueryClient, { edits, tookMs }: Extract<Outcome, { kind: 'live' }>): Promise<void> {
  const { models } = await loadMonaco();
  // An answer that is on its way tells of what was live before.
  await cache.cancelQueries({ queryKey: ['functions'] });
  for (const { name, source, revision, methods } of edits) {
    // First, so that the text that goes with the draft is the new one.
    models.follow(name, { base: revision, baseSource: source });
    const key = queries.function(name).queryKey;
    cache.setQueryData(key, (before) => before && { ...before, source, revision, methods: methods ?? before.methods });
    useDrafts.getState().rebase(name, { base: revision, baseSource: source });
    usePublishSettings.getState().forget(name);
  }
  const [first] = edits;
  const what = edits.length === 1 && first ? `${first.name} r${first.revision} is` : `${edits.length} functions are`;
  toast.success(`${what} live in ${Math.max(1, Math.round(tookMs))} ms`);
  for (const { name, loadError } of edits)
    if (loadError) toast.warning(`${name} does not load yet: ${loadError.message}`, { description: 'Each call tries again.' });
  void cache.invalidateQueries({ queryKey: ['functions'] });
}

/** What a publish would make live; empty when nothing would change. */
function toEdits(name: string, live: FunctionDetail | undefined): readonly Edit[] {
  const draft = own(useDrafts.getState().drafts, name);
  const settings = own(usePublishSettings.getState().settings, name) ?? {};
  if (draft) return [{ name, source: draft.source, base: draft.base, ...settings }];
  if (!live || settings.methods === undefined || sameMethods(settings.methods, live.methods)) return [];
  return [{ name, source: live.source, base: live.revision, ...settings }];
}
