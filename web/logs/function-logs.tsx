import { ArrowDownToLine, Eraser, ScrollText } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { logsLink } from '../state/links.ts';
import { IconButton } from '../ui/button.tsx';
import { Empty, Spinner } from '../ui/feedback.tsx';
import { levels, type LogFilter } from './filter.ts';
import { LogList } from './log-list.tsx';
import { LogState } from './log-state.tsx';
import { useLogLines } from './use-log-lines.ts';
import './logs.css';

/** The lines of one function, live, for the place below the editor. */
export function FunctionLogs({ name }: { readonly name: string }): ReactNode {
  const [level, setLevel] = useState('');
  const [follow, setFollow] = useState(true);
  const filter: LogFilter = { function: name, level, text: '', requestId: '', connectionId: '' };
  const log = useLogLines(filter, false);
  return (
    <div className="column">
      <div className="row logs-strip">
        <select className="input logs-select" aria-label="Level" value={level} onChange={(event) => setLevel(event.target.value)}>
          <option value="">All levels</option>
          {levels.slice(1).map((one) => (
            <option key={one} value={one}>
              {one === 'error' ? 'Errors' : `${one} and above`}
            </option>
          ))}
        </select>
        <LogState log={log} />
        <span className="grow" />
        <IconButton label="Follow" icon={<ArrowDownToLine size={15} />} aria-pressed={follow} onClick={() => setFollow(!follow)} />
        <IconButton label="Clear the view" icon={<Eraser size={15} />} onClick={log.clear} />
        <Link href={logsLink({ function: name })} className="row">
          <ScrollText size={15} aria-hidden /> All logs
        </Link>
      </div>
      {log.lines.length > 0 ? (
        <LogList key={log.view} label={`Log lines of ${name}`} lines={log.lines} compact follow={follow} onFollow={setFollow} />
      ) : log.loading ? (
        <Empty title="" actions={<Spinner label="Loading the log" />} />
      ) : (
        <Empty title="No lines yet">The output of console.log() and errors of this function appear here live.</Empty>
      )}
    </div>
  );
}
