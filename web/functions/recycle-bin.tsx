import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { History, RotateCcw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { Link, useLocation } from 'wouter';
import type { AnswerBody } from '../../runtime/control/api/responses.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { functionLink, revisionLink } from '../state/links.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { CopyButton, Empty, ErrorNote, Spinner, toastError } from '../ui/feedback.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { Ago, bytesText } from '../ui/time.tsx';
import { useTitle } from '../ui/title.ts';
import { restoreFunction } from './changes.ts';
import './recycle-bin.css';

type Deleted = AnswerBody<'DeletedFunction'>;

const deletedQuery = () =>
  queryOptions({ queryKey: ['deleted'], queryFn: async ({ signal }) => (await call('DeletedList', '/v1/deleted', { signal })).functions });

/** The deleted functions, to look at and to restore. */
export default function RecycleBin(): ReactNode {
  const { data, error } = useQuery(deletedQuery());
  useTitle('Recycle bin');
  const [shown, setShown] = useState<Deleted>();
  const restore = useRestore();
  return (
    <div className="column">
      <div className="toolbar">
        <h1 className="grow">Recycle bin</h1>
        {data && data.length > 0 && <span className="muted">{data.length === 1 ? '1 function' : `${data.length} functions`}</span>}
      </div>
      {error && <ErrorNote error={error} />}
      {!data && !error && <Empty title="" actions={<Spinner />} />}
      {data?.length === 0 && (
        <Empty title="The recycle bin is empty" actions={<Link href="/f">Go to functions</Link>}>
          Deleted functions appear here with their revision history. You can restore them.
        </Empty>
      )}
      {data && data.length > 0 && <DeletedTable functions={data} onShow={setShown} onRestore={restore.mutate} busy={restore.isPending} />}
      {shown && (
        <Preview
          deleted={shown}
          onClose={() => setShown(undefined)}
          onRestore={() => {
            setShown(undefined);
            restore.mutate(shown);
          }}
        />
      )}
    </div>
  );
}

function useRestore() {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: ({ name, revision }: Deleted) => restoreFunction(cache, name, revision),
    onSuccess: (_revision, { name }) =>
      toast.success(`${name} is live again.`, { action: { label: 'Open', onClick: () => navigate(functionLink(name)) } }),
    onError: toastError,
  });
}

interface DeletedTableProps {
  readonly functions: readonly Deleted[];
  readonly onShow: (deleted: Deleted) => void;
  readonly onRestore: (deleted: Deleted) => void;
  readonly busy: boolean;
}

function DeletedTable({ functions, onShow, onRestore, busy }: DeletedTableProps): ReactNode {
  return (
    <ScrollRegion label="Deleted functions">
      <table className="table bin-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="bin-wide">
              Last note
            </th>
            <th scope="col" className="bin-wide">
              Published
            </th>
            <th scope="col" className="number bin-wide">
              Size
            </th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {functions.map((deleted) => (
            <tr key={deleted.name}>
              <td>
                <button type="button" className="bin-name mono" onClick={() => onShow(deleted)}>
                  {deleted.name}
                </button>
              </td>
              <td className="bin-wide muted">{deleted.note}</td>
              <td className="bin-wide">
                <Ago time={deleted.createdAt} />
              </td>
              <td className="number bin-wide">{bytesText(deleted.size)}</td>
              <td>
                <span className="row bin-actions">
                  <Link href={revisionLink(deleted.name, deleted.revision)} className="row" aria-label={`History of ${deleted.name}`}>
                    <History size={15} aria-hidden /> <span className="bin-wide">History</span>
                  </Link>
                  <Button disabled={busy} onClick={() => onRestore(deleted)} aria-label={`Restore ${deleted.name}`}>
                    <RotateCcw size={14} aria-hidden /> Restore
                  </Button>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

interface PreviewProps {
  readonly deleted: Deleted;
  readonly onClose: () => void;
  readonly onRestore: () => void;
}

function Preview({ deleted: { name, revision }, onClose, onRestore }: PreviewProps): ReactNode {
  const { data, error } = useQuery(queries.revision(name, revision));
  const footer = (
    <>
      {data && <CopyButton text={data.source} label="Copy the source" />}
      <span className="grow" />
      <Button onClick={onClose} autoFocus>
        Close
      </Button>
      <Button kind="primary" onClick={onRestore}>
        Restore
      </Button>
    </>
  );
  return (
    <Dialog title={`${name}, revision ${revision}`} wide onClose={onClose} footer={footer}>
      {error && <ErrorNote error={error} />}
      {!data && !error && <Spinner />}
      {data && (
        <ScrollRegion label="Source" className="bin-source">
          <pre>{data.source}</pre>
        </ScrollRegion>
      )}
    </Dialog>
  );
}
