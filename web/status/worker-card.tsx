import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { command } from '../api/client.ts';
import { queries, type Status } from '../api/queries.ts';
import { useCommand } from '../state/commands.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/dialog.tsx';
import { Badge, Spinner, toastError } from '../ui/feedback.tsx';
import { Ago } from '../ui/time.tsx';
import { LastCrash } from './crash-list.tsx';
import { Card, Fact, Facts } from './facts.tsx';
import { countText } from './words.ts';

const standbys = { ready: 'Ready to take over', starting: 'Starting', none: 'None' } as const;

/** The process that runs the functions, and how to have another in its place. */
export function WorkerCard({ status }: { readonly status: Status }): ReactNode {
  const { state, pid, since, standby, restarts, attempt, lastCrash } = status.worker;
  return (
    <Card title="Worker" extra={<Restart connections={status.counters?.connections ?? 0} />}>
      <Facts>
        <Fact name="State">
          <Badge tone={state === 'serving' ? 'good' : 'warn'}>{state}</Badge>
        </Fact>
        <Fact name="Process">{pid === null ? 'none' : <span className="mono">{pid}</span>}</Fact>
        <Fact name="Since">{since === undefined ? '–' : <Ago time={since} />}</Fact>
        <Fact name="Standby">{standbys[standby]}</Fact>
        <Fact name="Restarts">{countText(restarts)}</Fact>
        {attempt !== undefined && <Fact name="Attempt">{countText(attempt)}</Fact>}
      </Facts>
      {lastCrash && <LastCrash crash={lastCrash} />}
    </Card>
  );
}

function Restart({ connections }: { readonly connections: number }): ReactNode {
  const [asking, setAsking] = useState(false);
  const cache = useQueryClient();
  const restart = useMutation({
    mutationFn: () => command('POST', '/v1/worker/restart'),
    onError: toastError,
    onSuccess: async () => {
      const { worker } = await cache.fetchQuery({ ...queries.status(), staleTime: 0 });
      toast.success(`A fresh worker serves${worker.pid === null ? '.' : `: process ${worker.pid}.`}`);
    },
  });
  useCommand({ id: 'status.restart', title: 'Restart the worker', group: 'View', run: () => setAsking(true) });
  return (
    <>
      <Button disabled={restart.isPending} onClick={() => setAsking(true)}>
        {restart.isPending ? <Spinner label="Restarting" /> : <RotateCw size={14} aria-hidden />}
        Restart the worker
      </Button>
      {asking && (
        <Confirm title="Restart the worker?" action="Restart" onConfirm={() => restart.mutate()} onClose={() => setAsking(false)}>
          <p>A new worker replaces this one. Running requests finish first, so none is lost.</p>
          <p>{socketsText(connections)} What functions keep in memory begins anew.</p>
        </Confirm>
      )}
    </>
  );
}

function socketsText(connections: number): string {
  if (connections === 0) return 'No sockets are open. Open sockets would be closed with code 1012, and clients can reconnect at once.';
  const which = connections === 1 ? 'The open socket is' : `The ${countText(connections)} open sockets are`;
  return `${which} closed with code 1012 (service restart), and clients may come back at once.`;
}
