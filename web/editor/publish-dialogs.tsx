import { type ReactNode, useMemo, useState } from 'react';
import type { FunctionDetail } from '../api/queries.ts';
import { DiffView } from '../monaco/diff-view.tsx';
import type { Problem } from '../state/problems.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ProblemList } from './problem-list.tsx';
import type { Finding } from './publish.ts';

interface TypesDialogProps {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly onGo: (name: string, line: number, column: number) => void;
  readonly onPublish: () => void;
  /** How many drafts there are, when others may be what this one needs. */
  readonly all?: number;
  readonly onPublishAll?: () => void;
  readonly onClose: () => void;
}

/** Lists what is wrong with the types, and lets them be published all the same. */
export function TypesDialog({ name, findings, onGo, onPublish, all, onPublishAll, onClose }: TypesDialogProps): ReactNode {
  const problems = useMemo(() => toProblems(findings), [findings]);
  const [first] = findings;
  const go = (where: string, line: number, column: number): void => {
    onClose();
    onGo(where, line, column);
  };
  const footer = (
    <>
      <Button onClick={onPublish}>Publish anyway</Button>
      {onPublishAll && <Button onClick={onPublishAll}>Publish all {all} drafts</Button>}
      <Button kind="primary" onClick={() => first && go(first.function, first.line, first.column)}>
        Go to the first problem
      </Button>
    </>
  );
  const count = findings.length === 1 ? 'One type error' : `${findings.length} type errors`;
  return (
    <Dialog title={`${count} in the draft of ${name}`} onClose={onClose} footer={footer}>
      <p>Nothing has been published yet. Code with type errors runs, but may not do what you expect.</p>
      <ProblemList problems={problems} onGo={(where, { line, column }) => go(where, line, column)} />
    </Dialog>
  );
}

function toProblems(findings: readonly Finding[]): Record<string, Problem[]> {
  const problems = new Map<string, Problem[]>();
  for (const { function: name, severity, message, line, column, code } of findings) {
    const problem = { severity, message, line, column, source: `ts${code}` };
    problems.set(name, [...(problems.get(name) ?? []), problem]);
  }
  return Object.fromEntries(problems);
}

interface ConflictDialogProps {
  readonly live: FunctionDetail;
  readonly mine: string;
  /** Publishes this text over what is live. */
  readonly onPublish: (source: string) => void;
  readonly onKeep: (source: string) => void;
  readonly onTake: () => void;
  readonly onClose: () => void;
}

/** Settles that another revision went live while a draft was being written. */
export function ConflictDialog({ live, mine, onPublish, onKeep, onTake, onClose }: ConflictDialogProps): ReactNode {
  const [merged, setMerged] = useState(mine);
  // What the editor began with: what is typed in it must not come back to it.
  const [begin] = useState(mine);
  const footer = (
    <>
      <Button kind="danger" onClick={onTake}>
        Use theirs, discard mine
      </Button>
      <Button onClick={() => onKeep(merged)}>Keep editing</Button>
      <Button kind="primary" onClick={() => onPublish(merged)}>
        {merged === mine ? `Publish mine over r${live.revision}` : 'Publish the merge'}
      </Button>
    </>
  );
  return (
    <Dialog wide title={`${live.name} has moved to r${live.revision}`} onClose={onClose} footer={footer}>
      <p>Someone published this function since you started. Edit the right side to merge, or choose below.</p>
      <div className="editor-sides muted">
        <span>Theirs: r{live.revision}, live</span>
        <span>Mine: the draft</span>
      </div>
      <div className="editor-compare">
        <DiffView original={live.source} modified={begin} onChange={setMerged} label={`${live.name}: theirs and mine`} />
      </div>
    </Dialog>
  );
}

interface DiffDialogProps {
  readonly name: string;
  readonly live: string;
  readonly mine: string;
  readonly onPublish: () => void;
  readonly onClose: () => void;
}

/** Shows what a publish would change. */
export function DiffDialog({ name, live, mine, onPublish, onClose }: DiffDialogProps): ReactNode {
  const footer = (
    <>
      <Button onClick={onClose}>Close</Button>
      <Button kind="primary" onClick={onPublish}>
        Publish
      </Button>
    </>
  );
  return (
    <Dialog wide title={`Changes in ${name}`} onClose={onClose} footer={footer}>
      <div className="editor-compare">
        <DiffView original={live} modified={mine} label={`${name}: live and draft`} />
      </div>
    </Dialog>
  );
}
