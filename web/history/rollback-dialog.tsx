import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { useLocation } from 'wouter';
import { ApiError, call, functionPath } from '../api/client.ts';
import { useDrafts } from '../state/drafts.ts';
import { revisionLink } from '../state/links.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNote, Note } from '../ui/feedback.tsx';
import { own } from '../state/own.ts';

interface RollbackDialogProps {
  readonly name: string;
  readonly revision: number;
  /** The live revision that somebody has seen; 0 of a deleted function. */
  readonly live: number;
  readonly onClose: () => void;
}

/** Asks before an old revision becomes live again, as a new one. */
export function RollbackDialog({ name, revision, live, onClose }: RollbackDialogProps): ReactNode {
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  const [note, setNote] = useState('');
  const draft = useDrafts((state) => own(state.drafts, name) !== undefined);
  const rollback = useMutation({
    mutationFn: () => {
      const body = { revision, ifRevision: live, ...(note.trim() !== '' && { note: note.trim() }) };
      return call('Published', functionPath(name, '/rollback'), { method: 'POST', body });
    },
    onSuccess: async (published) => {
      onClose();
      toast.success(`${name} is live as revision ${published.revision}, with the source of revision ${revision}.`);
      await Promise.all([cache.invalidateQueries({ queryKey: ['functions'] }), cache.invalidateQueries({ queryKey: ['deleted'] })]);
      navigate(revisionLink(name, published.revision), { replace: true });
    },
    // Somebody else has published: what is live now is shown behind the dialog, and the next try means that.
    onError: () => cache.invalidateQueries({ queryKey: ['functions', name] }),
  });
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" kind="primary" disabled={rollback.isPending}>
        {live === 0 ? 'Restore' : 'Roll back'}
      </Button>
    </>
  );
  const title = live === 0 ? `Restore ${name} as it was at revision ${revision}?` : `Roll back ${name} to revision ${revision}?`;
  return (
    <Dialog title={title} onClose={onClose} onSubmit={rollback.mutate} footer={footer}>
      <p>
        The source and the methods of revision {revision} are published as a new revision and are live at once. The history keeps all
        others.
      </p>
      {draft && <Note tone="info">Your draft stays. Publishing it later will ask what to do about this revision.</Note>}
      <label className="field">
        <span>
          Note <span className="hint">(optional)</span>
        </span>
        <input
          className="input"
          autoFocus
          value={note}
          onChange={(event) => setNote(event.target.value)}
          maxLength={2_000}
          placeholder={`rollback to revision ${revision}`}
        />
      </label>
      {rollback.error && <RollbackError error={rollback.error} />}
    </Dialog>
  );
}

function RollbackError({ error }: { readonly error: Error }): ReactNode {
  const diagnostics = error instanceof ApiError ? error.diagnostics : [];
  return (
    <>
      <ErrorNote error={error} />
      {diagnostics.length > 0 && (
        <ul className="history-diagnostics">
          {diagnostics.map((one) => (
            <li key={`${one.function}:${one.line}:${one.column}:${one.message}`}>
              <code>
                {one.function}:{one.line}
              </code>{' '}
              {one.message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
