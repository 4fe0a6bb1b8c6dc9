import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import type { RevisionSummary } from '../api/queries.ts';
import { revisionLink } from '../state/links.ts';
import { Badge } from '../ui/feedback.tsx';
import { Ago, bytesText } from '../ui/time.tsx';

interface RevisionListProps {
  readonly name: string;
  readonly revisions: readonly RevisionSummary[];
  readonly chosen: number;
}

/** The history, newest first; the arrow keys go through it. */
export function RevisionList({ name, revisions, chosen }: RevisionListProps): ReactNode {
  const [, navigate] = useLocation();
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>(`[data-revision="${chosen}"]`);
    current?.scrollIntoView({ block: 'nearest' });
    // Only while it is used by keyboard: otherwise the focus is elsewhere.
    if (list.current?.contains(document.activeElement)) current?.focus();
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = revisions.findIndex(({ revision }) => revision === chosen);
    const target = targetOf(event.key, at, revisions.length);
    const next = target === undefined ? undefined : revisions[target];
    if (!next) return;
    event.preventDefault();
    navigate(revisionLink(name, next.revision), { replace: true });
  };
  return (
    <nav ref={list} className="history-list" aria-label="Revisions">
      <ol>
        {revisions.map((one) => (
          <li key={one.revision}>
            <Link
              href={revisionLink(name, one.revision)}
              replace
              className="history-revision"
              data-revision={one.revision}
              onKeyDown={onKeyDown}
              aria-current={one.revision === chosen ? 'page' : undefined}
            >
              <span className="row">
                <strong className="numeric">Revision {one.revision}</strong>
                {one.live && <Badge tone="good">live</Badge>}
                <span className="grow" />
                <span className="muted">{bytesText(one.size)}</span>
              </span>
              <span className="history-note">{one.note === '' ? <span className="muted">No note</span> : one.note}</span>
              <span className="muted">
                <Ago time={one.createdAt} />
                {one.methods && ` · only ${one.methods.join(', ')}`}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function targetOf(key: string, at: number, count: number): number | undefined {
  if (key === 'ArrowDown') return at + 1;
  if (key === 'ArrowUp') return at - 1;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}
