import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSession } from '../state/session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { addressOf } from './address.ts';
import { type ClientDefinition, useDefinitions } from './definitions.ts';
import { newId } from '../state/id.ts';

/** What a client sends with its handshake, and whether it comes back by itself. */
export function ClientOptions({ client }: { readonly client: ClientDefinition }): ReactNode {
  const session = useSession();
  const changeClient = useDefinitions((state) => state.changeClient);
  const change = (part: Partial<ClientDefinition>): void => changeClient(client.id, part);
  const address = addressOf(client, session);
  return (
    <div className="sockets-options">
      <QueryRows client={client} />
      <label className="field">
        <span>Token</span>
        <input
          className="input mono"
          autoComplete="off"
          spellCheck={false}
          placeholder="A JWT of cloud.getToken(): becomes ctx.user"
          value={client.token}
          onChange={(event) => change({ token: event.target.value.trim() })}
        />
        <span className="hint">Sent as ?token=…, since browsers cannot set headers of a socket.</span>
      </label>
      <label className="field">
        <span>Subprotocols</span>
        <input
          className="input mono"
          spellCheck={false}
          placeholder="chat.v1, chat.v2"
          value={client.protocols}
          onChange={(event) => change({ protocols: event.target.value })}
        />
        <span className="hint">The host uses the first one. You can also offer a token here.</span>
      </label>
      <label className="check">
        <input type="checkbox" checked={client.reconnect} onChange={(event) => change({ reconnect: event.target.checked })} />
        Reconnect automatically, with backoff
      </label>
      <p className="muted sockets-address">
        {'fault' in address ? (
          address.fault
        ) : (
          <code>{client.token === '' ? address.url : address.url.replace(/([?&]token=)[^&]*/g, '$1…')}</code>
        )}
      </p>
    </div>
  );
}

function QueryRows({ client }: { readonly client: ClientDefinition }): ReactNode {
  const change = useDefinitions((state) => state.changeClient);
  const { id, query } = client;
  const set = (row: string, part: { name?: string; value?: string }): void => {
    change(id, { query: query.map((one) => (one.id === row ? { ...one, ...part } : one)) });
  };
  return (
    <div className="field" role="group" aria-label="Query parameters">
      <span>Query parameters</span>
      {query.map((row) => (
        <div key={row.id} className="row">
          <input
            className="input mono"
            aria-label="Name of the parameter"
            placeholder="user"
            value={row.name}
            onChange={(event) => set(row.id, { name: event.target.value })}
          />
          <input
            className="input mono"
            aria-label={`Value of ${row.name === '' ? 'the parameter' : row.name}`}
            placeholder="ada"
            value={row.value}
            onChange={(event) => set(row.id, { value: event.target.value })}
          />
          <IconButton
            label={`Remove ${row.name === '' ? 'the parameter' : row.name}`}
            icon={<X size={14} />}
            onClick={() => change(id, { query: query.filter((one) => one.id !== row.id) })}
          />
        </div>
      ))}
      <Button className="sockets-add" onClick={() => change(id, { query: [...query, { id: newId(), name: '', value: '' }] })}>
        <Plus size={14} aria-hidden /> Add a parameter
      </Button>
    </div>
  );
}
