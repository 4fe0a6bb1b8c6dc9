import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useDeferredValue, useState } from 'react';
import type { Connection } from '../api/queries.ts';
import { useCommand } from '../state/commands.ts';
import { IconButton } from '../ui/button.tsx';
import { Empty, ErrorNote, Spinner } from '../ui/feedback.tsx';
import { DisconnectDialog, SendDialog } from './connection-dialogs.tsx';
import { ConnectionTable } from './connection-table.tsx';
import { connectionsQuery } from './connections-query.ts';

/** All sockets that are open on the host. */
export function Connections(): ReactNode {
  const [typed, setTyped] = useState('');
  const [isPaused, setPaused] = useState(false);
  const [sending, setSending] = useState<Connection>();
  const [closing, setClosing] = useState<Connection>();
  const filter = useDeferredValue(typed.trim());
  const { data, error } = useQuery(connectionsQuery(filter, isPaused));
  const toggle = (): void => setPaused(!isPaused);
  useCommand({
    id: 'sockets.pause',
    title: isPaused ? 'Resume updates of open sockets' : 'Pause updates of open sockets',
    group: 'Sockets',
    run: toggle,
  });
  return (
    <section className="column" aria-label="Open sockets of the host">
      <div className="toolbar">
        <h2>Open sockets</h2>
        {data && <span className="muted numeric">{countText(data.connections.length, data.total)}</span>}
        <span className="grow" />
        <input
          className="input sockets-filter"
          type="search"
          placeholder="Filter by id, user or URL"
          aria-label="Filter the open sockets"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <IconButton
          label={isPaused ? 'Paused: resume updates' : 'Pause'}
          aria-pressed={isPaused}
          icon={isPaused ? <Play size={15} /> : <Pause size={15} />}
          onClick={toggle}
        />
      </div>
      {error && <ErrorNote error={error} />}
      {!data && !error && <Empty title="" actions={<Spinner />} />}
      {data?.connections.length === 0 && <NoConnections isFiltered={filter !== ''} />}
      {data && data.connections.length > 0 && (
        <ConnectionTable connections={data.connections} onSend={setSending} onDisconnect={setClosing} />
      )}
      {sending && <SendDialog connection={sending} onClose={() => setSending(undefined)} />}
      {closing && <DisconnectDialog connection={closing} onClose={() => setClosing(undefined)} />}
    </section>
  );
}

function NoConnections({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  if (isFiltered) return <Empty title="No matching sockets">The filter searches the id, the URL and the user.</Empty>;
  return <Empty title="No open sockets">Connect a client here or from your app, and it appears within a second.</Empty>;
}

function countText(shown: number, total: number): string {
  return shown < total ? `the oldest ${shown.toLocaleString()} of ${total.toLocaleString()}: filter to see others` : total.toLocaleString();
}
