import { PlugZap, Plus, Unplug } from 'lucide-react';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { useCommand } from '../state/commands.ts';
import { useSession } from '../state/session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { ClientCard } from './client-card.tsx';
import { type ClientDefinition, useDefinitions } from './definitions.ts';
import { connect, socketOf } from './live-sockets.ts';
import { Connections } from './connections.tsx';

/** The clients side by side, and what is done with all of them. */
export function Clients(): ReactNode {
  const clients = useDefinitions((state) => state.clients);
  return (
    <div className="column">
      <ClientsBar clients={clients} />
      {clients.length === 0 ? (
        <Empty title="No client">Add a client to test your sockets.</Empty>
      ) : (
        <div className="sockets-cards" role="group" aria-label="Clients">
          {clients.map((client) => (
            <ClientCard key={client.id} client={client} />
          ))}
        </div>
      )}
    </div>
  );
}

const table = 'connections';

/** One client at a time, or the open sockets: for a phone. */
export function ClientTabs(): ReactNode {
  const clients = useDefinitions((state) => state.clients);
  const [chosen, setChosen] = useState(clients[0]?.id ?? table);
  const shown = chosen === table || clients.some(({ id }) => id === chosen) ? chosen : (clients[0]?.id ?? table);
  const tabs = [
    ...clients.map((client) => ({ id: client.id, label: <TabLabel client={client} />, content: <ClientCard client={client} /> })),
    { id: table, label: 'Open sockets', content: <Connections /> },
  ];
  return (
    <div className="column">
      <ClientsBar clients={clients} isNarrow onAdd={setChosen} />
      <Tabs label="Clients and open sockets" tabs={tabs} value={shown} onChange={setChosen} />
    </div>
  );
}

function TabLabel({ client }: { readonly client: ClientDefinition }): ReactNode {
  const socket = socketOf(client.id);
  const { kind } = useSyncExternalStore(socket.subscribe, socket.state);
  return (
    <>
      <span className={`sockets-state ${kind === 'open' ? 'good' : ''}`}>
        <span className="sockets-dot" aria-hidden />
        <span className="visually-hidden">{kind === 'open' ? 'connected' : 'not connected'}</span>
      </span>
      {client.name}
    </>
  );
}

interface ClientsBarProps {
  readonly clients: readonly ClientDefinition[];
  readonly isNarrow?: boolean;
  readonly onAdd?: (id: string) => void;
}

function ClientsBar({ clients, isNarrow = false, onAdd }: ClientsBarProps): ReactNode {
  const session = useSession();
  const addClient = useDefinitions((state) => state.addClient);
  const add = (): void => {
    const { id } = addClient();
    onAdd?.(id);
  };
  const connectAll = (): void => {
    for (const client of clients) if (!socketOf(client.id).isActive) connect(client, session);
  };
  const disconnectAll = (): void => {
    for (const { id } of clients) socketOf(id).disconnect();
  };
  useCommand({ id: 'sockets.add', title: 'Add a client', group: 'Sockets', run: add });
  useCommand({ id: 'sockets.connect-all', title: 'Connect all clients', group: 'Sockets', run: connectAll });
  useCommand({ id: 'sockets.disconnect-all', title: 'Disconnect all clients', group: 'Sockets', run: disconnectAll });
  return (
    <div className="toolbar">
      <h1>Sockets</h1>
      <Button onClick={add}>
        <Plus size={14} aria-hidden /> Add client
      </Button>
      <span className="grow" />
      <Action
        label="Connect all"
        icon={<PlugZap size={14} aria-hidden />}
        isNarrow={isNarrow}
        disabled={clients.length === 0}
        onClick={connectAll}
      />
      <Action
        label="Disconnect all"
        icon={<Unplug size={14} aria-hidden />}
        isNarrow={isNarrow}
        disabled={clients.length === 0}
        onClick={disconnectAll}
      />
    </div>
  );
}

interface ActionProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly isNarrow: boolean;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

/** A button that has room for its words or not. */
function Action({ label, icon, isNarrow, disabled, onClick }: ActionProps): ReactNode {
  if (isNarrow) return <IconButton label={label} icon={icon} disabled={disabled} onClick={onClick} />;
  return (
    <Button disabled={disabled} onClick={onClick}>
      {icon} {label}
    </Button>
  );
}
