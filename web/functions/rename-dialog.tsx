import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { useLocation } from 'wouter';
import { functionLink } from '../state/links.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNote, Note } from '../ui/feedback.tsx';
import { renameFunction } from './changes.ts';
import { useCurrentName } from './current.ts';
import { useEntries } from './entries.ts';
import { importersOf, Names } from './importers.tsx';
import { NameField } from './name-field.tsx';
import { nameProblem } from './names.ts';

/** Asks for a function's new name, and whether the imports of others are to follow. */
export function RenameDialog({ name: from, onClose }: { readonly name: string; readonly onClose: () => void }): ReactNode {
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  const current = useCurrentName();
  const { entries } = useEntries();
  const [to, setTo] = useState(from);
  const [following, setFollowing] = useState(true);
  const live = entries.get(from)?.live;
  const importers = live ? importersOf(entries, from) : [];
  const names = new Set(entries.keys());
  const problem = to === from ? '' : nameProblem(to, names);
  const rename = useMutation({
    mutationFn: () => renameFunction(cache, { from, to, names, live, importers: following ? importers : [] }),
    onSuccess: () => {
      onClose();
      toast.success(live ? `${from} is ${to} now, and live.` : `Draft renamed to ${to}.`);
      if (current === from) navigate(functionLink(to), { replace: true });
      void cache.invalidateQueries({ queryKey: ['functions'] });
      void cache.invalidateQueries({ queryKey: ['deleted'] });
    },
  });
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" kind="primary" disabled={problem !== undefined || rename.isPending}>
        Rename
      </Button>
    </>
  );
  return (
    <Dialog title={`Rename ${from}`} onClose={onClose} onSubmit={() => problem === undefined && rename.mutate()} footer={footer}>
      <NameField
        value={to}
        onChange={setTo}
        problem={problem}
        hint={live ? 'Its URL changes at once. Calls to the old name return 404.' : 'It was not published yet.'}
      />
      {importers.length > 0 && (
        <label className="check">
          <input type="checkbox" checked={following} onChange={(event) => setFollowing(event.target.checked)} />
          <span>
            Update the imports of <Names names={importers.map(({ name }) => name)} />
          </span>
        </label>
      )}
      {live && (
        <Note tone="info">
          Calls by name, such as cloud.invoke(&apos;{from}&apos;), are yours to change. The history stays with the old name, in the recycle
          bin.
        </Note>
      )}
      {rename.error && <ErrorNote error={rename.error} />}
    </Dialog>
  );
}
