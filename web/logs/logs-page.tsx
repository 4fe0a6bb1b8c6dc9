import { Download, Eraser, Pause, Play, WrapText, ArrowDownToLine } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useCommand } from '../state/commands.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty, ErrorNote, Spinner } from '../ui/feedback.tsx';
import { useTitle } from '../ui/title.ts';
import { downloadLines } from './download.ts';
import { filterFields, type LogFilter, readFilter } from './filter.ts';
import { LogFilters } from './log-filters.tsx';
import { LogList } from './log-list.tsx';
import { LogState } from './log-state.tsx';
import { type LogLines, useLogLines } from './use-log-lines.ts';

/** The host's log, live, by function, level, text, request or socket; the filter is kept in the address. */
export default function LogsPage(): ReactNode {
  useTitle('Logs');
  const [query, setQuery] = useSearchParams();
  const filter = readFilter(query);
  const [paused, setPaused] = useState(false);
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const text = useRef<HTMLInputElement>(null);
  const log = useLogLines(filter, paused);
  const change = (part: Partial<LogFilter>): void =>
    setQuery((before) => filterFields({ ...readFilter(before), ...part }), { replace: true });
  useCommand({ id: 'logs.follow', title: 'Follow the log', group: 'Logs', keys: 'F', run: () => setFollow(!follow) });
  useCommand({
    id: 'logs.pause',
    title: paused ? 'Resume the log' : 'Pause the log',
    group: 'Logs',
    keys: 'P',
    run: () => setPaused(!paused),
  });
  useCommand({ id: 'logs.clear', title: 'Clear the view of the log', group: 'Logs', run: log.clear });
  useCommand({ id: 'logs.search', title: 'Search the log', group: 'Logs', keys: '/', run: () => text.current?.focus() });
  return (
    <div className="column">
      <div className="toolbar logs-toolbar">
        <h1>Logs</h1>
        <LogFilters filter={filter} onChange={change} textRef={text} />
        <span className="grow" />
        <LogState log={log} />
        <Button kind="quiet" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? <Play size={15} aria-hidden /> : <Pause size={15} aria-hidden />}
          {paused ? `Resume${log.waiting > 0 ? ` (${log.waiting} new)` : ''}` : 'Pause'}
        </Button>
        <IconButton label="Follow" keys="F" icon={<ArrowDownToLine size={15} />} aria-pressed={follow} onClick={() => setFollow(!follow)} />
        <IconButton label="Wrap lines" icon={<WrapText size={15} />} aria-pressed={wrap} onClick={() => setWrap(!wrap)} />
        <IconButton label="Clear the view" icon={<Eraser size={15} />} onClick={log.clear} />
        <IconButton
          label="Download as text"
          icon={<Download size={15} />}
          disabled={log.lines.length === 0}
          onClick={() => downloadLines(log.lines)}
        />
      </div>
      <Earlier log={log} />
      {log.lines.length === 0 ? (
        <NoLines log={log} filtered={Object.keys(filterFields(filter)).length > 0} onReset={() => setQuery({}, { replace: true })} />
      ) : (
        <LogList key={log.view} label="Log lines" lines={log.lines} wrap={wrap} follow={follow} onFollow={setFollow} />
      )}
    </div>
  );
}

function Earlier({ log }: { readonly log: LogLines }): ReactNode {
  if (log.error) return <ErrorNote error={log.error} />;
  if (!log.loadEarlier || log.lines.length === 0) return null;
  return (
    <div className="logs-earlier">
      <Button kind="quiet" onClick={log.loadEarlier}>
        Load earlier lines
      </Button>
    </div>
  );
}

interface NoLinesProps {
  readonly log: LogLines;
  readonly filtered: boolean;
  readonly onReset: () => void;
}

function NoLines({ log, filtered, onReset }: NoLinesProps): ReactNode {
  if (log.loading || log.state === 'connecting') return <Empty title="" actions={<Spinner label="Loading the log" />} />;
  const actions = (
    <>
      {filtered && <Button onClick={onReset}>Show all lines</Button>}
      {log.loadEarlier && <Button onClick={log.loadEarlier}>Load earlier lines</Button>}
    </>
  );
  return (
    <Empty title={filtered ? 'No matching lines' : 'No lines yet'} actions={actions}>
      {filtered ? 'New matching lines appear here.' : 'The output of console.log() and errors appear here live.'}
    </Empty>
  );
}
