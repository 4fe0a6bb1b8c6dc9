import { ChevronsDownUp, FilePlus2, RefreshCw } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useCommand } from '../state/commands.ts';
import { functionLink } from '../state/links.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty, ErrorNote, Spinner } from '../ui/feedback.tsx';
import { useEntries } from './entries.ts';
import { useQuestions, useTreeState } from './stores.ts';
import { Tree, type TreeHandle } from './tree.tsx';
import { filteredRows, foldersOf, type Row, treeRows } from './tree-rows.ts';

interface FunctionTreeProps {
  /** The function in front. */
  readonly current: string | undefined;
  /** Told when somebody has opened a function. */
  readonly onOpen?: () => void;
}

/** All functions in their folders, with what can be done with them. */
export function FunctionTree({ current, onOpen = () => {} }: FunctionTreeProps): ReactNode {
  const [, navigate] = useLocation();
  const { entries, loading, error, isFetching, refetch } = useEntries();
  const [filter, setFilter] = useState('');
  const closed = useTreeState((state) => state.closed);
  const close = useTreeState((state) => state.close);
  const reveal = useTreeState((state) => state.reveal);
  const ask = useQuestions((state) => state.ask);
  const tree = useRef<TreeHandle>(null);
  const trimmed = filter.trim();
  const rows = useMemo(
    () => (trimmed === '' ? treeRows(entries.values(), new Set(closed)) : filteredRows(entries.values(), trimmed)),
    [entries, closed, trimmed],
  );
  useEffect(() => {
    if (current !== undefined) reveal(foldersOf(current));
  }, [current, reveal]);
  useOpened(current, onOpen);
  const collapse = (): void => close([...entries.keys()].flatMap(foldersOf));
  const create = (): void => ask({ kind: 'create' });
  const openFirst = (): void => {
    const name = rows[0]?.entry?.name;
    if (trimmed === '' || name === undefined) return;
    navigate(functionLink(name));
    onOpen();
  };
  useCommand({ id: 'function.collapse', title: 'Collapse all folders', group: 'Functions', run: collapse });
  return (
    <section className="column tree-pane" aria-label="Functions">
      <div className="toolbar">
        <h2 className="grow">Functions</h2>
        <IconButton label="New function" keys="Alt+N" icon={<FilePlus2 size={16} />} onClick={create} />
        <IconButton label="Collapse all folders" icon={<ChevronsDownUp size={16} />} onClick={collapse} />
        <IconButton label="Refresh" icon={<RefreshCw size={15} />} aria-busy={isFetching} onClick={() => void refetch()} />
      </div>
      <Search
        value={filter}
        onChange={setFilter}
        found={trimmed === '' ? undefined : rows.length}
        onLeave={() => tree.current?.focus()}
        onEnter={openFirst}
      />
      {error && <ErrorNote error={error} />}
      {loading && <Empty title="" actions={<Spinner />} />}
      {!loading && !error && entries.size === 0 && <NoFunctions onCreate={create} />}
      {entries.size > 0 && (
        <Rows
          rows={rows}
          filter={trimmed}
          onClear={() => setFilter('')}
          tree={<Tree ref={tree} rows={rows} current={current} onOpen={onOpen} />}
        />
      )}
    </section>
  );
}

/** Tells also of a function that was opened otherwise, such as one that is new. */
function useOpened(current: string | undefined, onOpen: () => void): void {
  const before = useRef(current);
  useEffect(() => {
    if (before.current !== current && current !== undefined) onOpen();
    before.current = current;
  }, [current, onOpen]);
}

interface RowsProps {
  readonly rows: readonly Row[];
  readonly filter: string;
  readonly onClear: () => void;
  readonly tree: ReactNode;
}

function Rows({ rows, filter, onClear, tree }: RowsProps): ReactNode {
  if (rows.length > 0) return tree;
  return <Empty title={`No function matches “${filter}”`} actions={<Button onClick={onClear}>Clear the search</Button>} />;
}

function NoFunctions({ onCreate }: { readonly onCreate: () => void }): ReactNode {
  return (
    <Empty
      title="No functions yet"
      actions={
        <Button kind="primary" onClick={onCreate}>
          New function
        </Button>
      }
    >
      A function gets its own URL as soon as you publish it.
    </Empty>
  );
}

interface SearchProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** How many functions match; undefined without a filter. */
  readonly found: number | undefined;
  /** Goes on to what was found. */
  readonly onLeave: () => void;
  readonly onEnter: () => void;
}

function Search({ value, onChange, found, onLeave, onEnter }: SearchProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  useCommand({ id: 'function.search', title: 'Search the functions', group: 'Functions', keys: '/', run: () => input.current?.focus() });
  return (
    <div className="tree-search" role="search">
      <input
        ref={input}
        type="search"
        className="input"
        placeholder="Search functions"
        aria-label="Search functions"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') onLeave();
          else if (event.key === 'Enter') onEnter();
          else if (event.key === 'Escape') onChange('');
          else return;
          event.preventDefault();
        }}
      />
      <span className="visually-hidden" role="status">
        {found === undefined ? '' : `${found} found`}
      </span>
    </div>
  );
}
