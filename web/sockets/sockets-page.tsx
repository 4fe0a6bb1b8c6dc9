import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'wouter';
import { queries } from '../api/queries.ts';
import { runCommand } from '../state/commands.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { useNarrow } from '../ui/narrow.ts';
import { Split } from '../ui/split.tsx';
import { useTitle } from '../ui/title.ts';
import { Clients, ClientTabs } from './clients.tsx';
import { Connections } from './connections.tsx';
import { forgetAllOnSignOut, hasActive } from './live-sockets.ts';
import './sockets.css';

/** Where sockets are tried: clients of this page above, all sockets of the host below. */
export default function SocketsPage(): ReactNode {
  const cache = useQueryClient();
  const { data } = useQuery(queries.functions());
  const narrow = useNarrow();
  useTitle('Sockets');
  useEffect(() => forgetAllOnSignOut(cache), [cache]);
  const isMissing = data !== undefined && !data.some(({ name }) => name === '__websocket__');
  // Sockets outlive the function's deletion: those that are open are not taken from sight.
  if (isMissing && !hasActive()) return <NoFunction />;
  if (narrow) return <ClientTabs />;
  const panes = [
    { id: 'clients', label: 'the clients', min: '200px', content: <Clients /> },
    { id: 'connections', label: 'the open sockets', size: '30%', min: '80px', content: <Connections /> },
  ];
  return <Split id="sockets" direction="vertical" panes={panes} />;
}

function NoFunction(): ReactNode {
  const [, navigate] = useLocation();
  const create = (): void => {
    navigate('/f');
    // The command is there once the page of functions is.
    setTimeout(() => runCommand('function.new'));
  };
  const action = (
    <Button kind="primary" onClick={create}>
      New function
    </Button>
  );
  return (
    <Empty title="No function receives sockets yet" actions={action}>
      A function called <code>__websocket__</code> gets the events of all sockets. Create it, publish it, and come back to try it.
    </Empty>
  );
}
