import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Badge, ErrorNote } from '../ui/feedback.tsx';
import { Ago } from '../ui/time.tsx';
import { PlaceLink } from './place-link.tsx';
import { crashesQuery, type CrashSummary } from './queries.ts';
import { causeNames, sentence } from './words.ts';

/** The workers that were lost, newest first. */
export function CrashList(): ReactNode {
  const { data, error } = useQuery(crashesQuery());
  return (
    <section className="status-section" aria-labelledby="status-crashes">
      <h2 id="status-crashes">Crashes</h2>
      {error && !data && <ErrorNote error={error} />}
      {data?.length === 0 && <p className="muted">No crashes.</p>}
      {data && data.length > 0 && (
        <div className="status-table" tabIndex={0} role="region" aria-label="List of crashes">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Cause</th>
                <th scope="col">Where</th>
                <th scope="col">What</th>
              </tr>
            </thead>
            <tbody>
              {data.map((crash) => (
                <CrashRow key={crash.id} crash={crash} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function CrashRow({ crash }: { readonly crash: CrashSummary }): ReactNode {
  const { id, at, cause, place, message, quarantined } = crash;
  return (
    <tr>
      <td className="status-when">
        <Link href={`/status/crashes/${id}`}>
          <Ago time={at} />
        </Link>
      </td>
      <td>
        <Badge tone="bad">{causeNames[cause]}</Badge> {quarantined && <Badge tone="warn">disabled</Badge>}
      </td>
      <td className="status-when">{place ? <PlaceLink place={place} /> : <span className="muted">not known</span>}</td>
      <td>{sentence(message)}</td>
    </tr>
  );
}

/** The newest crash, in a few lines. */
export function LastCrash({ crash }: { readonly crash: CrashSummary }): ReactNode {
  const { id, at, cause, place, message } = crash;
  return (
    <div className="status-last" role="note" aria-label="Last crash">
      <div className="row status-actions">
        <b>Last crash</b>
        <Ago time={at} />
        <Badge tone="bad">{causeNames[cause]}</Badge>
        {place && <PlaceLink place={place} />}
        <Link href={`/status/crashes/${id}`}>Report</Link>
      </div>
      <p>{sentence(message)}</p>
    </div>
  );
}
