import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { queries } from '../api/queries.ts';
import { logsLink } from '../state/links.ts';
import { Note } from '../ui/feedback.tsx';

interface ClientFaultProps {
  readonly why: string;
  /** Whether a connection was tried. */
  readonly isRefused: boolean;
}

/** Why a client could not connect, and where to look. */
export function ClientFault({ why, isRefused }: ClientFaultProps): ReactNode {
  const { data } = useQuery(queries.functions());
  const isMissing = data !== undefined && !data.some(({ name }) => name === '__websocket__');
  return (
    <div className="sockets-fault-note">
      <Note tone="bad">
        {why} {isRefused && (isMissing ? <MissingHint /> : <RefusedHint />)}
      </Note>
    </div>
  );
}

function MissingHint(): ReactNode {
  return (
    <>
      There is no function <code>__websocket__</code>, so the host refuses every socket.
    </>
  );
}

function RefusedHint(): ReactNode {
  return (
    <>
      If <code>upgrade()</code> refuses, a token may be missing or expired; <code>WEBSOCKET_ORIGINS</code> may not list this page.{' '}
      <Link href={logsLink({ function: '__websocket__' })}>Logs of __websocket__</Link>
    </>
  );
}
