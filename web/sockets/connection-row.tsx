import { ScrollText, SendHorizontal, Unplug } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Connection } from '../api/queries.ts';
import { logsLink } from '../state/links.ts';
import { IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/feedback.tsx';
import { Ago, bytesText } from '../ui/time.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { userText } from './connection-order.ts';

interface ConnectionRowProps {
  readonly connection: Connection;
  /** Its number among all rows, from 1. */
  readonly at: number;
  readonly onSend: (connection: Connection) => void;
  readonly onDisconnect: (connection: Connection) => void;
}

/** One open socket. */
export const ConnectionRow = memo(function ConnectionRow({ connection, at, onSend, onDisconnect }: ConnectionRowProps): ReactNode {
  const { id, user, url, remoteAddress, since, received, receivedBytes, sent, sentBytes, buffered, queued } = connection;
  const who = userText(user);
  return (
    <tr aria-rowindex={at}>
      <td>
        <span className="row">
          <code title={id}>{shortId(id)}</code>
          <CopyButton text={id} label="Copy the id" />
        </span>
      </td>
      <td className="clip" title={who === '' ? '' : JSON.stringify(user, undefined, 2)}>
        {who === '' ? <span className="muted">none</span> : <code>{who}</code>}
      </td>
      <td className="clip">
        <Ago time={since} />
      </td>
      <Count messages={received} bytes={receivedBytes} />
      <Count messages={sent} bytes={sentBytes} />
      <td className="number" title={`${queued} messages wait for the function`}>
        {bytesText(buffered)}
        {queued > 0 && `, ${queued} queued`}
      </td>
      <td className="clip">{remoteAddress}</td>
      <td className="clip sockets-url-cell" title={url}>
        <code>{url}</code>
      </td>
      <td>
        <span className="row sockets-actions">
          <IconButton label={`Send to ${shortId(id)}`} icon={<SendHorizontal size={14} />} onClick={() => onSend(connection)} />
          <IconButton label={`Disconnect ${shortId(id)}`} icon={<Unplug size={14} />} onClick={() => onDisconnect(connection)} />
          <Tooltip text="Logs of this socket">
            <Link className="button quiet icon" href={logsLink({ connectionId: id })} aria-label={`Logs of ${shortId(id)}`}>
              <ScrollText size={14} aria-hidden />
            </Link>
          </Tooltip>
        </span>
      </td>
    </tr>
  );
});

function Count({ messages, bytes }: { readonly messages: number; readonly bytes: number }): ReactNode {
  return (
    <td className="number">
      {messages.toLocaleString()} <span className="muted">{bytesText(bytes)}</span>
    </td>
  );
}

/** The beginning of a connection's id, which is enough to tell a few apart. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
