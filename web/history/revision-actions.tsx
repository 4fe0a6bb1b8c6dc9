import { FilePen, RotateCcw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import type { FunctionDetail, RevisionSummary } from '../api/queries.ts';
import { useCommand } from '../state/commands.ts';
import { useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { useTabs } from '../state/tabs.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/dialog.tsx';
import { CopyButton } from '../ui/feedback.tsx';
import { RollbackDialog } from './rollback-dialog.tsx';
import { own } from '../state/own.ts';

interface RevisionActionsProps {
  readonly name: string;
  readonly chosen: RevisionSummary & { readonly source: string };
  /** What is live; undefined of a deleted function. */
  readonly live: Pick<FunctionDetail, 'revision' | 'source'> | undefined;
}

/** What can be done with a revision. */
export function RevisionActions({ name, chosen, live }: RevisionActionsProps): ReactNode {
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<'rollback' | 'draft'>();
  const drafted = useDrafts((state) => own(state.drafts, name));
  const isLive = chosen.revision === live?.revision;
  const openDraft = (): void => {
    const begin = { base: live?.revision ?? 0, baseSource: live?.source ?? '' };
    useDrafts.getState().write(name, chosen.source, begin);
    useTabs.getState().show(name);
    navigate(functionLink(name));
  };
  const askDraft = (): void => (drafted === undefined || drafted.source === chosen.source ? openDraft() : setAsked('draft'));
  const rollBack = (): void => setAsked('rollback');
  useCommand(isLive ? undefined : { id: 'history.rollback', title: 'Roll back to this revision…', group: 'Functions', run: rollBack });
  useCommand({ id: 'history.draft', title: 'Open this revision as a draft', group: 'Functions', run: askDraft });
  return (
    <>
      <CopyButton text={chosen.source} label="Copy the source" />
      <Button onClick={askDraft} disabled={isLive}>
        <FilePen size={14} aria-hidden /> Open as draft
      </Button>
      <Button kind="primary" onClick={rollBack} disabled={isLive}>
        <RotateCcw size={14} aria-hidden /> {live ? 'Roll back to this revision' : 'Restore this revision'}
      </Button>
      {asked === 'rollback' && (
        <RollbackDialog name={name} revision={chosen.revision} live={live?.revision ?? 0} onClose={() => setAsked(undefined)} />
      )}
      {asked === 'draft' && (
        <Confirm title="Replace your draft?" action="Replace" kind="danger" onConfirm={openDraft} onClose={() => setAsked(undefined)}>
          <p>
            What you have written in <code>{name}</code> and not published is lost.
          </p>
        </Confirm>
      )}
    </>
  );
}
