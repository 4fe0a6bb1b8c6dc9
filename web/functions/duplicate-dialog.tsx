import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { functionLink } from '../state/links.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNote } from '../ui/feedback.tsx';
import { createDraft, readSource } from './changes.ts';
import { useTakenNames } from './entries.ts';
import { NameField } from './name-field.tsx';
import { folderOf, freeName, nameProblem } from './names.ts';
import { renameImports } from './rename-imports.ts';

/** Asks for the name of a copy, which begins as a draft. */
export function DuplicateDialog({ name: from, onClose }: { readonly name: string; readonly onClose: () => void }): ReactNode {
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  const taken = useTakenNames();
  const [name, setName] = useState(() => freeName(`${from}-copy`, taken));
  const problem = nameProblem(name, taken);
  const copy = useMutation({
    mutationFn: () => readSource(cache, from),
    onSuccess: (source) => {
      // What it imports by a path stays the same function in another folder; its own name is the first one's.
      const names = new Set([...taken].filter((one) => one !== from));
      createDraft(name, folderOf(name) === folderOf(from) ? source : renameImports(source, from, { from, to: name, names }));
      onClose();
      navigate(functionLink(name));
    },
  });
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" kind="primary" disabled={problem !== undefined || copy.isPending}>
        Duplicate
      </Button>
    </>
  );
  return (
    <Dialog title={`Duplicate ${from}`} onClose={onClose} onSubmit={() => problem === undefined && copy.mutate()} footer={footer}>
      <NameField value={name} onChange={setName} problem={problem} hint="The copy starts as a draft in this browser." />
      {copy.error && <ErrorNote error={copy.error} />}
    </Dialog>
  );
}
