import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { queries } from '../api/queries.ts';
import { Empty, ErrorNote, Note, Spinner } from '../ui/feedback.tsx';
import { CrashList } from './crash-list.tsx';
import { useTitle } from '../ui/title.ts';
import { CountersCard, HostCard } from './host-cards.tsx';
import { Plots } from './plots.tsx';
import { Diverged, DisabledFunctions } from './disabled-functions.tsx';
import { WorkerCard } from './worker-card.tsx';
import './status.css';

/** How the host and its worker are, and how they have been. */
export default function StatusPage(): ReactNode {
  const { data, error } = useQuery(queries.status());
  useTitle('Status');
  return (
    <div className="column">
      <div className="toolbar">
        <h1>Status</h1>
        <span className="grow" />
      </div>
      {!data && <Empty title="" actions={error ? <ErrorNote error={error} /> : <Spinner />} />}
      {data && (
        <div className="scroll status-page" tabIndex={0} role="region" aria-label="Host status">
          {error && <ErrorNote error={error} />}
          {!data.store.available && (
            <Note tone="bad">The database cannot be reached. Functions keep running, but you cannot publish until it is back.</Note>
          )}
          <DisabledFunctions functions={data.quarantined} />
          <Diverged functions={data.diverged} />
          <div className="status-cards">
            <WorkerCard status={data} />
            <HostCard status={data} />
            <CountersCard counters={data.counters} />
          </div>
          <Plots />
          <CrashList />
        </div>
      )}
    </div>
  );
}
