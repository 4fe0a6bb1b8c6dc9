import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { queries, type Status } from '../api/queries.ts';
import { useSession } from '../state/session.ts';
import { useLanguageState } from '../state/language.ts';
import { Keys } from '../ui/keys.tsx';

/** One line about the host, always in sight. */
export function StatusBar(): ReactNode {
  const { version } = useSession();
  const { data, isError, failureCount } = useQuery(queries.status());
  const lost = isError || failureCount > 0;
  return (
    <footer className="status-bar" aria-label="Host status">
      <Link href="/status" className={`state ${lost ? 'bad' : toneOf(data)}`}>
        <span role="status">{lost ? 'The host is not responding. Retrying…' : data ? stateText(data) : 'Connecting…'}</span>
      </Link>
      {!lost && data && <Trouble status={data} />}
      <span className="grow" />
      <LanguageState />
      <span className="wide-only">
        Commands <Keys keys="Mod+K" />
      </span>
      <span className="wide-only">Hearth {version}</span>
    </footer>
  );
}

function LanguageState(): ReactNode {
  const state = useLanguageState((language) => language.state);
  if (state === 'off') return null;
  return <span className="wide-only" data-language={state}>{`TypeScript: ${state}`}</span>;
}

function Trouble({ status }: { readonly status: Status }): ReactNode {
  const { quarantined, diverged, store } = status;
  return (
    <>
      {!store.available && <Link href="/status">The database cannot be reached; publishing is unavailable</Link>}
      {quarantined.length > 0 && <Link href="/status">{quarantined.length} disabled</Link>}
      {diverged.length > 0 && <Link href="/status">{diverged.length} do not load here</Link>}
    </>
  );
}

function toneOf(status: Status | undefined): string {
  return status?.worker.state === 'serving' ? 'good' : 'warn';
}

function stateText({ worker, counters, eventLoopDelay }: Status): string {
  if (worker.state !== 'serving') return `Worker ${worker.state}`;
  const sockets = counters ? `${counters.connections} ${counters.connections === 1 ? 'socket' : 'sockets'}` : '';
  const delay = eventLoopDelay ? `loop ${eventLoopDelay.p99.toFixed(0)} ms` : '';
  return ['Serving', sockets, delay].filter((part) => part !== '').join(' · ');
}
