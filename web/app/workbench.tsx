import { Code, FolderTree, Play, ScrollText } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { FunctionTree } from '../functions/function-tree.tsx';
import { Welcome } from '../functions/welcome.tsx';
import { FunctionLogs } from '../logs/function-logs.tsx';
import { RunPanel } from '../run/run-panel.tsx';
import { Problems } from '../editor/problems.tsx';
import { useCommand } from '../state/commands.ts';
import { useProblems } from '../state/problems.ts';
import { Empty, Spinner } from '../ui/feedback.tsx';
import { Split } from '../ui/split.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { useTitle } from '../ui/title.ts';
import { useNarrow } from '../ui/narrow.ts';

const Editor = lazy(() => import('../editor/editor.tsx'));

interface WorkbenchProps {
  /** The function in front; undefined for none. */
  readonly name: string | undefined;
}

/** Where functions are written and tried: their tree, the editor, what it finds, and the run panel. */
export function Workbench({ name }: WorkbenchProps): ReactNode {
  const narrow = useNarrow();
  useTitle(name ?? 'Functions');
  return (
    <>
      <h1 className="visually-hidden">{name ?? 'Functions'}</h1>
      {narrow ? <NarrowWorkbench name={name} /> : <WideWorkbench name={name} />}
    </>
  );
}

function WideWorkbench({ name }: WorkbenchProps): ReactNode {
  const [tree, setTree] = useState(true);
  const [run, setRun] = useState(true);
  const [below, setBelow] = useState(true);
  useCommand({ id: 'view.tree', title: 'Toggle functions', group: 'View', keys: 'Mod+B', run: () => setTree(!tree) });
  useCommand({ id: 'view.run', title: 'Toggle run panel', group: 'View', keys: 'Mod+Alt+B', run: () => setRun(!run) });
  useCommand({ id: 'view.below', title: 'Toggle problems and logs', group: 'View', keys: 'Mod+J', run: () => setBelow(!below) });
  const editor = { id: 'editor', label: 'the editor', min: '120px', content: <Center name={name} /> };
  const lower = {
    id: 'below',
    label: 'problems and logs',
    size: '28%',
    min: '60px',
    content: name === undefined ? null : <Below name={name} />,
  };
  const center = name === undefined || !below ? editor.content : <Split id="center" direction="vertical" panes={[editor, lower]} />;
  const panes = [
    ...(tree ? [{ id: 'tree', label: 'the functions', size: '230px', min: '140px', content: <FunctionTree current={name} /> }] : []),
    { id: 'center', label: 'the editor', min: '280px', content: center },
    ...(run && name !== undefined
      ? [{ id: 'run', label: 'the run panel', size: '32%', min: '240px', content: <RunPanel key={name} name={name} /> }]
      : []),
  ];
  return <Split id="workbench" direction="horizontal" panes={panes} />;
}

function Center({ name }: WorkbenchProps): ReactNode {
  if (name === undefined) return <Welcome />;
  return (
    <div className="column">
      <ErrorBoundary>
        <Suspense fallback={<Empty title="" actions={<Spinner label="Loading the editor" />} />}>
          <Editor name={name} />
        </Suspense>
      </ErrorBoundary>
    </div>
  );
}

function Below({ name }: { readonly name: string }): ReactNode {
  const [tab, setTab] = useState('problems');
  const count = useProblems((state) => Object.values(state.problems).reduce((sum, list) => sum + list.length, 0));
  useCommand({ id: 'view.problems', title: 'Show problems', group: 'View', keys: 'Mod+Shift+M', run: () => setTab('problems') });
  return (
    <Tabs
      label="Below the editor"
      value={tab}
      onChange={setTab}
      tabs={[
        { id: 'problems', label: <>Problems {count > 0 && <span className="badge">{count}</span>}</>, content: <Problems /> },
        { id: 'logs', label: 'Logs', content: <FunctionLogs name={name} /> },
      ]}
    />
  );
}

function NarrowWorkbench({ name }: WorkbenchProps): ReactNode {
  const [tab, setTab] = useState('code');
  const shown = name === undefined ? 'tree' : tab;
  const tabs = [
    {
      id: 'tree',
      label: <FolderTree size={18} aria-label="Functions" />,
      content: <FunctionTree current={name} onOpen={() => setTab('code')} />,
    },
    { id: 'code', label: <Code size={18} aria-label="Code" />, content: <Center name={name} /> },
    {
      id: 'run',
      label: <Play size={18} aria-label="Run" />,
      content: name === undefined ? null : <RunPanel key={name} name={name} />,
      // Its shortcut works from the code as well.
      keep: true,
    },
    {
      id: 'below',
      label: <ScrollText size={18} aria-label="Problems and logs" />,
      content: name === undefined ? null : <Below name={name} />,
    },
  ];
  return <Tabs label="Workbench panes" value={shown} onChange={setTab} tabs={name === undefined ? tabs.slice(0, 1) : tabs} />;
}
