import type { ReactNode } from 'react';
import type { FunctionDetail } from '../api/queries.ts';
import { type Draft, useDrafts } from '../state/drafts.ts';
import { Confirm } from '../ui/dialog.tsx';
import { ConflictDialog, DiffDialog, TypesDialog } from './publish-dialogs.tsx';
import type { Publishing } from './use-publish.ts';

interface EditorDialogsProps {
  readonly name: string;
  readonly live: FunctionDetail | undefined;
  readonly draft: Draft | undefined;
  readonly publishing: Publishing;
  /** What somebody has opened. */
  readonly asking: 'diff' | 'discard' | 'conflict' | undefined;
  readonly onClose: () => void;
  readonly onGo: (name: string, place: { lineNumber: number; column: number }) => void;
}

/** What a publish asks, or else what somebody has opened. */
export function EditorDialogs(props: EditorDialogsProps): ReactNode {
  const { name, live, draft, publishing, asking, onClose } = props;
  const { question, start } = publishing;
  const drop = useDrafts((state) => state.drop);
  if (question?.kind === 'types') return <TypesQuestion {...props} question={question} />;
  const conflict = asking === 'conflict' || question?.name === name;
  if (conflict && live && draft) return <Conflict {...props} live={live} draft={draft} />;
  if (asking === 'diff' && draft) {
    const publish = (): void => {
      onClose();
      start();
    };
    return <DiffDialog name={name} live={live?.source ?? ''} mine={draft.source} onPublish={publish} onClose={onClose} />;
  }
  if (asking === 'discard' && draft) {
    return (
      <Confirm title={`Discard the draft of ${name}?`} action="Discard" kind="danger" onConfirm={() => drop(name)} onClose={onClose}>
        {live ? `The editor goes back to r${live.revision}, which is live.` : 'It was never published, so nothing of it will be left.'}
      </Confirm>
    );
  }
  return null;
}

interface TypesQuestionProps extends EditorDialogsProps {
  readonly question: Extract<NonNullable<Publishing['question']>, { kind: 'types' }>;
}

function TypesQuestion({ name, publishing, question, onGo }: TypesQuestionProps): ReactNode {
  const { edits, findings } = question;
  const drafts = useDrafts((state) => Object.keys(state.drafts).length);
  return (
    <TypesDialog
      name={name}
      findings={findings}
      onGo={(where, lineNumber, column) => onGo(where, { lineNumber, column })}
      onPublish={() => publishing.go(edits)}
      {...(edits.length < drafts && { all: drafts, onPublishAll: publishing.startAll })}
      onClose={publishing.dismiss}
    />
  );
}

interface ConflictProps extends EditorDialogsProps {
  readonly live: FunctionDetail;
  readonly draft: Draft;
}

function Conflict({ name, live, draft, publishing, onClose }: ConflictProps): ReactNode {
  const drop = useDrafts((state) => state.drop);
  const write = useDrafts((state) => state.write);
  const close = (): void => {
    publishing.dismiss();
    onClose();
  };
  const settle = (source: string): void => {
    close();
    write(name, source, { base: live.revision, baseSource: live.source });
  };
  return (
    <ConflictDialog
      live={live}
      mine={draft.source}
      onPublish={(source) => {
        settle(source);
        publishing.start();
      }}
      onKeep={settle}
      onTake={() => {
        close();
        drop(name);
      }}
      onClose={close}
    />
  );
}
