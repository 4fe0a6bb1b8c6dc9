import { ArrowDownToLine, Eraser } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/feedback.tsx';
import { FrameList } from './frame-list.tsx';
import type { FrameLog } from './frame-log.ts';
import { copyAllText } from './frame-row.tsx';
import { useMatching } from './use-matching.ts';

interface ClientLogProps {
  readonly log: FrameLog;
  /** The client's name. */
  readonly name: string;
}

/** What a client has sent and received, and what one does with it. */
export function ClientLog({ log, name }: ClientLogProps): ReactNode {
  const [filter, setFilter] = useState('');
  const [following, setFollowing] = useState(true);
  const frames = useMatching(log, filter);
  return (
    <div className="column">
      <div className="row sockets-log-bar">
        <input
          className="input grow"
          type="search"
          placeholder="Filter frames"
          aria-label={`Filter the frames of ${name}`}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <span className="muted numeric" title="Frames shown">
          {frames.length}
        </span>
        <IconButton
          label={following ? 'Following the newest frame' : 'Follow the newest frame'}
          aria-pressed={following}
          icon={<ArrowDownToLine size={15} />}
          onClick={() => setFollowing(!following)}
        />
        <CopyButton label="Copy all frames" text={() => copyAllText(frames)} />
        <IconButton label="Clear the frames" icon={<Eraser size={15} />} onClick={() => log.clear()} />
      </div>
      {frames.length === 0 && (
        <p className="muted sockets-none">{filter === '' ? 'Sent and received frames are listed here.' : 'No matching frames.'}</p>
      )}
      <FrameList frames={frames} label={`Frames of ${name}`} following={following} onFollow={setFollowing} />
    </div>
  );
}
