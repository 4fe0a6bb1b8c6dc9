import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { toast } from 'sonner';
import { useLocation } from 'wouter';
import { functionLink } from '../state/links.ts';
import { useTabs } from '../state/tabs.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNote, Note, toastError } from '../ui/feedback.tsx';
import { deleteFunction } from './changes.ts';
import { useCurrentName } from './current.ts';
import { type Entry, useEntries } from './entries.ts';
import { importersOf, Names } from './importers.tsx';

/** Asks before a function is deleted, or a draft that was never published is thrown away. */
export function DeleteDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }): ReactNode {
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  const current = useCurrentName();
  const { entries } = useEntries();
  const entry = entries.get(name);
  const leave = (): void => {
    const next = useTabs.getState().close(name);
    if (current === name) navigate(next === undefined ? '/f' : functionLink(next));
  };
  const remove = useMutation({
    mutationFn: () => deleteWith(cache, name, entry),
    onSuccess: () => {
      onClose();
      leave();
    },
  });
  const importers = importersOf(entries, name);
  const footer = (
    <>
      <Button onClick={onClose} autoFocus>
        Cancel
      </Button>
      <Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
        {entry?.live ? 'Delete' : 'Discard'}
      </Button>
    </>
  );
  return (
    <Dialog title={entry?.live ? `Delete ${name}?` : `Discard the draft ${name}?`} onClose={onClose} footer={footer}>
      <p>{consequence(entry)}</p>
      {importers.length > 0 && (
        <Note tone="warn">
          <Names names={importers.map((one) => one.name)} /> {importers.length === 1 ? 'imports' : 'import'} it and will fail until it is
          back.
        </Note>
      )}
      {remove.error && <ErrorNote error={remove.error} />}
    </Dialog>
  );
}

async function deleteWith(cache: QueryClient, name: string, entry: Entry | undefined): Promise<void> {
  const undo = await deleteFunction(cache, name, entry?.live);
  toast(entry?.live ? `${name} is in the recycle bin.` : `Draft ${name} was discarded.`, {
    duration: 10_000,
    action: { label: 'Undo', onClick: () => void undo().then(() => toast.success(`${name} is back.`), toastError) },
  });
}

function consequence(entry: Entry | undefined): string {
  if (!entry?.live) return 'It was never published, so the host keeps nothing of it.';
  const draft = entry.draft ? ' The draft of it that is not published is thrown away.' : '';
  return `Calls return 404 at once. The function moves to the recycle bin with its revision history, and you can restore it there.${draft}`;
}
