import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'wouter';
import { functionUrl } from '../api/session.ts';
import { useCommand } from '../state/commands.ts';
import { revisionLink } from '../state/links.ts';
import { useSession } from '../state/session.ts';
import { toastError } from '../ui/feedback.tsx';
import { CreateDialog } from './create-dialog.tsx';
import { useCurrentName } from './current.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { DuplicateDialog } from './duplicate-dialog.tsx';
import { useEntries } from './entries.ts';
import { RenameDialog } from './rename-dialog.tsx';
import { type FunctionQuestion, useQuestions, useTreeState } from './stores.ts';
import './functions.css';
import { copyText } from '../ui/clipboard.ts';

/** What can be done with functions on every page: their commands, and the dialogs that these open. */
export function FunctionDialogs(): ReactNode {
  const question = useQuestions((state) => state.question);
  const done = useQuestions((state) => state.done);
  const ask = useQuestions((state) => state.ask);
  const current = useCurrentName();
  const visit = useTreeState((state) => state.visit);
  useEffect(() => {
    if (current !== undefined) visit(current);
  }, [current, visit]);
  useCommand({ id: 'function.new', title: 'New function…', group: 'Functions', keys: 'Alt+N', run: () => ask({ kind: 'create' }) });
  return (
    <>
      {current !== undefined && <CurrentCommands name={current} />}
      {question && <Question question={question} onClose={done} />}
    </>
  );
}

function CurrentCommands({ name }: { readonly name: string }): ReactNode {
  const [, navigate] = useLocation();
  const session = useSession();
  const { entries } = useEntries();
  const ask = useQuestions((state) => state.ask);
  const group = 'Functions';
  const known = entries.has(name);
  const copyUrl = (): void => void copyText(functionUrl(session, name)).catch(toastError);
  useCommand(
    known ? { id: 'function.rename', title: 'Rename this function…', group, run: () => ask({ kind: 'rename', name }) } : undefined,
  );
  useCommand(
    known ? { id: 'function.duplicate', title: 'Duplicate this function…', group, run: () => ask({ kind: 'duplicate', name }) } : undefined,
  );
  useCommand(
    known ? { id: 'function.delete', title: 'Delete this function…', group, run: () => ask({ kind: 'delete', name }) } : undefined,
  );
  useCommand({ id: 'function.history', title: 'History of this function', group, run: () => navigate(revisionLink(name, 0)) });
  useCommand({ id: 'function.copy-url', title: 'Copy the URL of this function', group, run: copyUrl });
  return null;
}

const dialogs = { duplicate: DuplicateDialog, rename: RenameDialog, delete: DeleteDialog } as const;

function Question({ question, onClose }: { readonly question: FunctionQuestion; readonly onClose: () => void }): ReactNode {
  if (question.kind === 'create') return <CreateDialog {...question} onClose={onClose} />;
  const Dialog = dialogs[question.kind];
  return <Dialog name={question.name} onClose={onClose} />;
}
