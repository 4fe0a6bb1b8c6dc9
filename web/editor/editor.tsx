import { useQuery } from '@tanstack/react-query';
import { type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ApiError } from '../api/client.ts';
import { type FunctionDetail, queries } from '../api/queries.ts';
import type { CodeEditorHandle, ReadOnlyPlace } from '../monaco/main.tsx';
import { useCommand } from '../state/commands.ts';
import { type Draft, useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { useTabs } from '../state/tabs.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Spinner } from '../ui/feedback.tsx';
import { Bar, MovedBar, OtherTabBar, LoadErrorBar, QuarantineBar, StorageBar, UnreachableBar } from './editor-bars.tsx';
import { EditorDialogs } from './editor-dialogs.tsx';
import { EditorTabs } from './editor-tabs.tsx';
import { EditorToolbar } from './editor-toolbar.tsx';
import { CodeEditor } from './monaco.ts';
import { useBackgroundTabs } from './use-background-tabs.ts';
import { usePublish } from './use-publish.ts';
import './editor.css';
import { own } from '../state/own.ts';

/** The open functions, and the source of the one in front. */
export default function Editor({ name }: { readonly name: string }): ReactNode {
  useEffect(() => useTabs.getState().show(name), [name]);
  useBackgroundTabs(name);
  const draft = useDrafts((state) => own(state.drafts, name));
  const { live, missing, error, refetch } = useLive(name);
  const waiting = !live && !draft && !missing;
  return (
    <div className="column editor">
      <EditorTabs current={name} />
      {error !== undefined && !missing && <UnreachableBar error={error} onRetry={refetch} />}
      {waiting && error === undefined && <Empty title="" actions={<Spinner label="Loading the function" />} />}
      {missing && !draft && <Missing name={name} />}
      {(live || draft) && <OpenFunction name={name} live={live} draft={draft} deleted={missing} />}
    </div>
  );
}

/** What is live: with every publish of somebody else's as well. */
function useLive(name: string): { live: FunctionDetail | undefined; missing: boolean; error: unknown; refetch: () => void } {
  const { data, error, refetch } = useQuery(queries.function(name));
  const list = useQuery(queries.functions());
  const known = list.data?.find((one) => one.name === name);
  const now = list.data === undefined ? undefined : `${known?.revision} ${known?.quarantine?.since} ${known?.loadError?.message}`;
  const missing = error instanceof ApiError && error.status === 404;
  const mine = missing ? 'undefined undefined undefined' : data && `${data.revision} ${data.quarantine?.since} ${data.loadError?.message}`;
  useEffect(() => {
    if (now !== undefined && mine !== undefined && now !== mine) void refetch();
  }, [now, mine, refetch]);
  return { live: missing ? undefined : data, missing, error: error ?? undefined, refetch: () => void refetch() };
}

function Missing({ name }: { readonly name: string }): ReactNode {
  const [, navigate] = useLocation();
  const write = useDrafts((state) => state.write);
  const leave = (): void => {
    const next = useTabs.getState().close(name);
    navigate(next === undefined ? '/f' : functionLink(next));
  };
  return (
    <Empty
      title={`Function ${name} was not found`}
      actions={
        <>
          <Button onClick={leave}>Close the tab</Button>
          <Button kind="primary" onClick={() => write(name, starter, { base: 0, baseSource: '' })}>
            Write it
          </Button>
        </>
      }
    >
      It may have been deleted: the <Link href="/bin">recycle bin</Link> has what was.
    </Empty>
  );
}

const starter = `import type { FunctionContext } from '@lafjs/cloud';

export default async function (ctx: FunctionContext) {
  return { ok: true };
}
`;

interface OpenFunctionProps {
  readonly name: string;
  readonly live: FunctionDetail | undefined;
  readonly draft: Draft | undefined;
  /** Whether the host says that there is no such function. */
  readonly deleted: boolean;
}

function OpenFunction({ name, live, draft, deleted }: OpenFunctionProps): ReactNode {
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<'diff' | 'discard' | 'conflict'>();
  const [reading, setReading] = useState<{ readonly of: string; readonly place: ReadOnlyPlace }>();
  const code = useRef<CodeEditorHandle>(null);
  const publishing = usePublish(name, live);
  const { drop, rebase } = useDrafts();
  const begin = useMemo(() => live && { base: live.revision, baseSource: live.source }, [live]);
  const moved = draft !== undefined && live !== undefined && draft.base !== live.revision;
  useEffect(() => {
    // It differs in nothing that was typed over: the draft goes on from there.
    if (moved && begin && (draft.baseSource === begin.baseSource || draft.source === begin.baseSource)) rebase(name, begin);
  }, [moved, begin, draft, name, rebase]);
  const format = (): void => code.current?.run('editor.action.formatDocument');
  const go = useCallback(
    (to: string, place?: { lineNumber: number; column: number }) => navigate(functionLink(to, place?.lineNumber, place?.column)),
    [navigate],
  );
  const read = useCallback((place: ReadOnlyPlace) => setReading({ of: name, place }), [name]);
  useCommand({ id: 'function.publish', title: 'Publish the function', group: 'Functions', keys: 'Mod+S', run: publishing.start });
  useCommand({
    id: 'function.publish-all',
    title: 'Publish all drafts together',
    group: 'Functions',
    keys: 'Mod+Shift+S',
    run: publishing.startAll,
  });
  useCommand({ id: 'editor.format', title: 'Format the function', group: 'Editor', keys: 'Shift+Alt+F', run: format });
  useCommand(
    draft && {
      id: 'editor.diff',
      title: 'Compare the draft with the live revision',
      group: 'Editor',
      keys: 'Mod+Shift+D',
      run: () => setAsking('diff'),
    },
  );
  useCommand(draft && { id: 'editor.discard', title: 'Discard the draft', group: 'Editor', run: () => setAsking('discard') });
  const shown = reading?.of === name ? reading.place : undefined;
  const toolbar = { name, live, draft, busy: publishing.busy, onPublish: publishing.start, onFormat: format };
  return (
    <>
      <EditorToolbar {...toolbar} onDiff={() => setAsking('diff')} onDiscard={() => setAsking('discard')} />
      <StorageBar />
      <OtherTabBar name={name} />
      {live && <QuarantineBar live={live} />}
      {live && <LoadErrorBar live={live} />}
      {moved && <MovedBar draft={draft} live={live} onCompare={() => setAsking('conflict')} onTake={() => drop(name)} />}
      {deleted && draft && draft.base > 0 && (
        <Bar tone="warn" actions={<Button onClick={() => rebase(name, { base: 0, baseSource: '' })}>Create it again</Button>}>
          {name} was deleted on the host. Your draft is kept.
        </Bar>
      )}
      {shown && (
        <Bar tone="info" actions={<Button onClick={() => setReading(undefined)}>Back to {name}</Button>}>
          <span className="mono">{shown.uri}</span>, read-only
        </Bar>
      )}
      <Suspense fallback={<Empty title="" actions={<Spinner label="Loading the editor" />} />}>
        <CodeEditor ref={code} name={name} live={begin} reading={shown} onOpen={go} onRead={read} />
      </Suspense>
      <EditorDialogs {...{ name, live, draft, publishing, asking }} onClose={() => setAsking(undefined)} onGo={go} />
    </>
  );
}
