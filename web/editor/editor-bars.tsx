import { AlertTriangle, CircleAlert, Info } from 'lucide-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { call, functionPath } from '../api/client.ts';
import type { FunctionDetail } from '../api/queries.ts';
import { type Draft, useDrafts } from '../state/drafts.ts';
import { functionLink } from '../state/links.ts';
import { Button } from '../ui/button.tsx';
import { messageOf, toastError } from '../ui/feedback.tsx';
import { Ago } from '../ui/time.tsx';

interface BarProps {
  readonly tone: 'info' | 'warn' | 'bad';
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

const icons = { info: Info, warn: AlertTriangle, bad: CircleAlert } as const;

/** Something to know about the function in front, above its source. */
export function Bar({ tone, children, actions }: BarProps): ReactNode {
  const Icon = icons[tone];
  return (
    <div className={`editor-bar ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden />
      <p>{children}</p>
      {actions}
    </div>
  );
}

/** Says that a function is disabled, and offers a rollback. */
export function QuarantineBar({ live }: { readonly live: FunctionDetail }): ReactNode {
  const cache = useQueryClient();
  const { name, revision, quarantine } = live;
  const back = useMutation({
    mutationFn: (to: number) =>
      call('Published', functionPath(name, '/rollback'), { method: 'POST', body: { revision: to, ifRevision: revision } }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['functions'] }),
    onError: toastError,
  });
  if (!quarantine) return null;
  const { reason, crash, previous, since } = quarantine;
  return (
    <Bar
      tone="bad"
      actions={
        <>
          {crash !== '' && <Link href={`/status/crashes/${encodeURIComponent(crash)}`}>Crash report</Link>}
          {previous !== null && (
            <Button disabled={back.isPending} onClick={() => back.mutate(previous)}>
              Go back to revision {previous}
            </Button>
          )}
        </>
      }
    >
      <strong>Revision {revision} has been disabled</strong> since <Ago time={since} />: {reason.replace(/\.$/, '')}. Publish a new revision
      to enable it.
    </Bar>
  );
}

/** Says that the live code does not load. */
export function LoadErrorBar({ live: { name, revision, loadError } }: { readonly live: FunctionDetail }): ReactNode {
  if (!loadError) return null;
  const { function: at, line, column, message } = loadError;
  return (
    <Bar
      tone="warn"
      actions={
        <Link href={functionLink(at, line, column)}>
          {at === name ? 'Line' : `${at}, line`} {line}
        </Link>
      }
    >
      <strong>Revision {revision} does not load</strong>: {message.replace(/\.$/, '')}. Each call tries again.
    </Bar>
  );
}

/** Says that somebody has typed in another browser tab at the same time. */
export function OtherTabBar({ name }: { readonly name: string }): ReactNode {
  const other = useDrafts((state) => state.others[name]);
  const settle = useDrafts((state) => state.settle);
  if (!other) return null;
  return (
    <Bar
      tone="warn"
      actions={
        <>
          <Button onClick={() => settle(name, false)}>Keep this version</Button>
          <Button onClick={() => settle(name, true)}>Use the other version</Button>
        </>
      }
    >
      This draft was also edited in another browser tab (<Ago time={other.changedAt} />
      ). Undo brings back what you leave.
    </Bar>
  );
}

/** Says that drafts are in this page alone. */
export function StorageBar(): ReactNode {
  const full = useDrafts((state) => state.full);
  return full ? <Bar tone="bad">This browser is out of storage for drafts. Publish or copy your changes before you leave.</Bar> : null;
}

/** Says why the function could not be read from the host. */
export function UnreachableBar({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }): ReactNode {
  return (
    <Bar tone="warn" actions={<Button onClick={onRetry}>Try again</Button>}>
      {messageOf(error)} Your draft is kept in this browser.
    </Bar>
  );
}

interface MovedBarProps {
  readonly draft: Draft;
  readonly live: FunctionDetail;
  readonly onCompare: () => void;
  readonly onTake: () => void;
}

/** Says that another revision went live while a draft was written. */
export function MovedBar({ draft, live, onCompare, onTake }: MovedBarProps): ReactNode {
  const rebase = useDrafts((state) => state.rebase);
  const keep = (): void => rebase(live.name, { base: live.revision, baseSource: live.source });
  const began = draft.base === 0 ? 'as a new function' : `from r${draft.base}`;
  return (
    <Bar
      tone="warn"
      actions={
        <>
          <Button title="Discards your draft; undo brings it back" onClick={onTake}>
            Use theirs
          </Button>
          <Button onClick={keep}>Keep mine</Button>
          <Button kind="primary" onClick={onCompare}>
            Compare
          </Button>
        </>
      }
    >
      <strong>r{live.revision} went live</strong> while you were writing {began}.
    </Bar>
  );
}
