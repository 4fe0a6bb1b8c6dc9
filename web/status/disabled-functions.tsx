import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { toast } from 'sonner';
import { Link, useLocation } from 'wouter';
import { call, functionPath } from '../api/client.ts';
import type { Status } from '../api/queries.ts';
import { functionLink } from '../state/links.ts';
import { Button } from '../ui/button.tsx';
import { Note, Spinner, toastError } from '../ui/feedback.tsx';
import { Ago } from '../ui/time.tsx';
import { sentence } from './words.ts';

type Quarantined = Status['quarantined'][number];

/** The disabled functions, with ways to enable them. */
export function DisabledFunctions({ functions }: { readonly functions: Status['quarantined'] }): ReactNode {
  if (functions.length === 0) return null;
  return (
    <section className="status-section" aria-labelledby="status-off">
      <h2 id="status-off">Disabled functions</h2>
      <p className="muted">These functions crashed the worker. They return 503 until you publish a new revision.</p>
      <ul className="status-off">
        {functions.map((one) => (
          <DisabledFunction key={one.name} {...one} />
        ))}
      </ul>
    </section>
  );
}

function DisabledFunction({ name, revision, reason, since, crash, previous }: Quarantined): ReactNode {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const rollback = useMutation({
    mutationFn: (to: number) => {
      const body = { revision: to, note: `Rollback to revision ${to}: revision ${revision} was disabled`, ifRevision: revision };
      return call('Published', functionPath(name, '/rollback'), { method: 'POST', body });
    },
    onError: toastError,
    onSuccess: (published) => toast.success(`${name} is enabled again, as revision ${published.revision}.`),
    onSettled: () => Promise.all([cache.invalidateQueries({ queryKey: ['functions'] }), cache.invalidateQueries({ queryKey: ['status'] })]),
  });
  return (
    <li className="status-card" aria-label={name}>
      <div className="row">
        <h3 className="mono grow">{name}</h3>
        <span className="muted">
          revision {revision}, <Ago time={since} />
        </span>
      </div>
      <p>{sentence(reason)}</p>
      <div className="row status-actions">
        {previous !== null && (
          <Button kind="primary" disabled={rollback.isPending} onClick={() => rollback.mutate(previous)}>
            {rollback.isPending && <Spinner label="Rolling back" />}
            Go back to revision {previous}
          </Button>
        )}
        <Button onClick={() => navigate(functionLink(name))}>Open</Button>
        <Link href={`/status/crashes/${crash}`}>Crash report</Link>
        {previous === null && <span className="muted">No earlier revision is known to be good. Fix the function and publish it.</span>}
      </div>
    </li>
  );
}

/** The functions that another host has published and that do not load here. */
export function Diverged({ functions }: { readonly functions: Status['diverged'] }): ReactNode {
  if (functions.length === 0) return null;
  return (
    <section className="status-section" aria-labelledby="status-diverged">
      <h2 id="status-diverged">Not loaded on this host</h2>
      <Note tone="warn">Another host published these functions, and they do not load here. This host keeps its previous revisions.</Note>
      <ul className="status-off">
        {functions.map(({ name, revision, kept, reason }) => (
          <li key={name} className="status-card" aria-label={name}>
            <div className="row">
              <h3 className="grow">
                <Link href={functionLink(name)} className="mono">
                  {name}
                </Link>
              </h3>
              <span className="muted">
                revision {revision} published, {kept === null ? 'nothing served' : `revision ${kept} served`}
              </span>
            </div>
            <p>{sentence(reason)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
