import { Copy, Ellipsis, PlugZap, SlidersHorizontal, Trash2, Unplug } from 'lucide-react';
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { functionsOrigin } from '../api/session.ts';
import { useSession } from '../state/session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { ClientFault } from './client-fault.tsx';
import { ClientLog } from './client-log.tsx';
import { ClientOptions } from './client-options.tsx';
import { closeMeaning } from './close-codes.ts';
import { Composer } from './composer.tsx';
import { type ClientDefinition, useDefinitions } from './definitions.ts';
import type { LiveSocket, SocketState } from './live-socket.ts';
import { connect, forget, socketOf } from './live-sockets.ts';

/** One client of the console: how it connects, what it says and hears. */
export function ClientCard({ client }: { readonly client: ClientDefinition }): ReactNode {
  const [isOpened, setOpened] = useState(false);
  const socket = socketOf(client.id);
  const state = useSyncExternalStore(socket.subscribe, socket.state);
  useEffect(() => {
    socket.setReconnects(client.reconnect);
  }, [socket, client.reconnect]);
  return (
    <section className="sockets-card" aria-label={`Client ${client.name}`}>
      <header className="row sockets-card-head">
        <ClientName client={client} />
        <StateWords state={state} />
        <span className="grow" />
        <ClientMenu client={client} />
      </header>
      <UrlRow client={client} socket={socket} state={state} isOpened={isOpened} onToggle={() => setOpened(!isOpened)} />
      {state.kind === 'failed' && <ClientFault why={state.why} isRefused={state.isRefused} />}
      {isOpened ? <ClientOptions client={client} /> : <ClientLog log={socket.log} name={client.name} />}
      <Composer client={client.id} name={client.name} socket={socket} isOpen={state.kind === 'open'} />
    </section>
  );
}

function ClientName({ client }: { readonly client: ClientDefinition }): ReactNode {
  const change = useDefinitions((state) => state.changeClient);
  return (
    <input
      className="sockets-name"
      aria-label="Name of the client"
      value={client.name}
      maxLength={40}
      size={Math.max(3, client.name.length)}
      onChange={(event) => change(client.id, { name: event.target.value })}
    />
  );
}

function ClientMenu({ client }: { readonly client: ClientDefinition }): ReactNode {
  const addClient = useDefinitions((state) => state.addClient);
  const removeClient = useDefinitions((state) => state.removeClient);
  const remove = (): void => {
    forget(client.id);
    removeClient(client.id);
  };
  return (
    <Menu
      items={[
        { label: 'Duplicate', icon: <Copy size={14} />, onSelect: () => addClient(client) },
        { label: 'Remove', icon: <Trash2 size={14} />, danger: true, onSelect: remove },
      ]}
    >
      <IconButton label={`More for ${client.name}`} icon={<Ellipsis size={15} />} />
    </Menu>
  );
}

interface UrlRowProps {
  readonly client: ClientDefinition;
  readonly socket: LiveSocket;
  readonly state: SocketState;
  readonly isOpened: boolean;
  readonly onToggle: () => void;
}

function UrlRow({ client, socket, state, isOpened, onToggle }: UrlRowProps): ReactNode {
  const session = useSession();
  const change = useDefinitions((store) => store.changeClient);
  const isActive = state.kind === 'open' || state.kind === 'connecting' || state.kind === 'waiting' || state.kind === 'closing';
  const set = client.query.filter(({ name }) => name !== '').length + (client.token === '' ? 0 : 1) + (client.protocols === '' ? 0 : 1);
  return (
    <form
      className="row sockets-url"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isActive) connect(client, session);
      }}
    >
      <div className="sockets-url-field grow">
        {!/^wss?:/i.test(client.url) && <span className="muted mono clip">{functionsOrigin(session, 'ws')}/</span>}
        <input
          className="mono grow"
          aria-label={`URL of ${client.name}`}
          title={`Below ${functionsOrigin(session, 'ws')}`}
          value={client.url}
          spellCheck={false}
          onChange={(event) => change(client.id, { url: event.target.value })}
        />
      </div>
      <Button aria-expanded={isOpened} title="Query parameters, token, subprotocols" onClick={onToggle}>
        <SlidersHorizontal size={14} aria-hidden />
        <span className="visually-hidden">Options of {client.name}</span>
        {set > 0 && <span className="numeric">{set}</span>}
      </Button>
      {state.kind === 'waiting' && <Button onClick={() => socket.retry()}>Now</Button>}
      {isActive ? (
        <Button disabled={state.kind === 'closing'} onClick={() => socket.disconnect()}>
          <Unplug size={14} aria-hidden /> {state.kind === 'waiting' ? 'Stop' : 'Disconnect'}
        </Button>
      ) : (
        <Button kind="primary" type="submit">
          <PlugZap size={14} aria-hidden /> Connect
        </Button>
      )}
    </form>
  );
}

/** How the socket is, by a dot and in words. */
function StateWords({ state }: { readonly state: SocketState }): ReactNode {
  return (
    <span className={`sockets-state ${tones[state.kind]}`} role="status">
      <span className="sockets-dot" aria-hidden />
      {state.kind === 'waiting' ? <Countdown code={state.code} until={state.until} /> : wordsOf(state)}
    </span>
  );
}

const tones = { idle: '', connecting: 'warn', open: 'good', closing: 'warn', waiting: 'warn', closed: '', failed: 'bad' } as const;

const words = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  open: 'Connected',
  closing: 'Closing…',
  failed: 'Could not connect',
} as const;

function wordsOf(state: Exclude<SocketState, { kind: 'waiting' }>): string {
  return state.kind === 'closed' ? `Closed: ${state.code} ${closeMeaning(state.code)}` : words[state.kind];
}

function Countdown({ code, until }: { readonly code: number; readonly until: number }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      Closed: {code}, <span aria-hidden>again in {Math.max(0, Math.ceil((until - now) / 1_000))} s</span>
      <span className="visually-hidden">connecting again soon</span>
    </>
  );
}
