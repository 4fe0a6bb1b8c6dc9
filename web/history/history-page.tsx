import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../api/client.ts';
import { queries, type RevisionSummary } from '../api/queries.ts';
import { DiffView } from '../monaco/diff-view.tsx';
import { functionLink } from '../state/links.ts';
import { Badge, Empty, ErrorNote, Spinner } from '../ui/feedback.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { otherOf, revisionText } from './compared.ts';
import { RevisionActions } from './revision-actions.tsx';
import { RevisionList } from './revision-list.tsx';
import { useTitle } from '../ui/title.ts';
import './history.css';

interface HistoryPageProps {
  readonly name: string;
  /** The revision to show; one that is not there, such as 0, stands for the live or else the newest one. */
  readonly revision: number;
}

/** The history of a function, also of a deleted one: each revision beside another. */
export default function HistoryPage({ name, revision }: HistoryPageProps): ReactNode {
  const { data: revisions, error } = useQuery(queries.revisions(name));
  useTitle(`History of ${name}`);
  if (!revisions) {
    if (error instanceof ApiError && error.status === 404) return <NoHistory name={name} />;
    return error ? <ErrorNote error={error} /> : <Empty title="" actions={<Spinner label="Loading the history" />} />;
  }
  const chosen = revisions.find((one) => one.revision === revision) ?? revisions.find((one) => one.live) ?? revisions[0];
  if (!chosen) return <NoHistory name={name} />;
  return (
    <div className="history">
      <RevisionList name={name} revisions={revisions} chosen={chosen.revision} />
      <Comparison key={name} name={name} revisions={revisions} chosen={chosen} />
    </div>
  );
}

function NoHistory({ name }: { readonly name: string }): ReactNode {
  return (
    <Empty title={`${name} has no revision history`} actions={<Link href={functionLink(name)}>Go to the editor</Link>}>
      Each publish creates a revision.
    </Empty>
  );
}

interface ComparisonProps {
  readonly name: string;
  readonly revisions: readonly RevisionSummary[];
  readonly chosen: RevisionSummary;
}

function Comparison({ name, revisions, chosen }: ComparisonProps): ReactNode {
  const [selected, select] = useState<number>();
  const other = otherOf(revisions, chosen.revision, selected);
  const liveRevision = revisions.find((one) => one.live)?.revision;
  // Until another source has come, the one before stays: the comparison need not be made anew for it.
  const source = useQuery({ ...queries.revision(name, chosen.revision), placeholderData: keepPreviousData });
  const otherSource = useQuery({ ...queries.revision(name, other ?? 0), enabled: other !== undefined, placeholderData: keepPreviousData });
  const live = useQuery({ ...queries.revision(name, liveRevision ?? 0), enabled: liveRevision !== undefined });
  const error = source.error ?? otherSource.error ?? live.error;
  // What a summary says of being live is as new as the list, what a revision says of it as old as its source.
  const ready = source.data !== undefined && !source.isPlaceholderData && (liveRevision === undefined || live.data !== undefined);
  return (
    <section className="column" aria-label={`Revision ${chosen.revision}`}>
      <header className="toolbar history-bar">
        <Link href={functionLink(name)} className="row" aria-label="Back to the editor">
          <ArrowLeft size={16} aria-hidden />
        </Link>
        <h1 className="clip">
          History of <span className="mono">{name}</span>
        </h1>
        {liveRevision === undefined && <Badge tone="warn">deleted</Badge>}
        <span className="grow" />
        {ready && <RevisionActions name={name} chosen={{ ...chosen, source: source.data.source }} live={live.data} />}
      </header>
      <Sides revisions={revisions} chosen={chosen} other={other} onSelect={select} />
      {error && <ErrorNote error={error} />}
      <Sources name={name} chosen={chosen.revision} other={other} source={source.data?.source} otherSource={otherSource.data?.source} />
    </section>
  );
}

interface SidesProps {
  readonly revisions: readonly RevisionSummary[];
  readonly chosen: RevisionSummary;
  readonly other: number | undefined;
  readonly onSelect: (revision: number) => void;
}

/** Says which revision stands where: the older one at the left. */
function Sides({ revisions, chosen, other, onSelect }: SidesProps): ReactNode {
  const id = useId();
  if (other === undefined) return <p className="history-sides muted">This is the only revision, so there is nothing to compare.</p>;
  const same = revisions.find(({ revision }) => revision === other)?.methods?.join() === chosen.methods?.join();
  const choice = (
    <span key="other" className="row history-side">
      <label htmlFor={id} className="visually-hidden">
        Compare with
      </label>
      <select id={id} className="input" value={other} onChange={(event) => onSelect(Number(event.target.value))}>
        {revisions
          .filter(({ revision }) => revision !== chosen.revision)
          .map((one) => (
            <option key={one.revision} value={one.revision}>
              {revisionText(one)}
            </option>
          ))}
      </select>
    </span>
  );
  const shown = (
    <strong key="chosen" className="clip history-side">
      {revisionText(chosen)}
    </strong>
  );
  return (
    <div className="history-sides">
      {other < chosen.revision ? [choice, shown] : [shown, choice]}
      {!same && <Badge tone="info">different methods</Badge>}
    </div>
  );
}

interface SourcesProps {
  readonly name: string;
  readonly chosen: number;
  readonly other: number | undefined;
  readonly source: string | undefined;
  readonly otherSource: string | undefined;
}

function Sources({ name, chosen, other, source, otherSource }: SourcesProps): ReactNode {
  if (source === undefined || (other !== undefined && otherSource === undefined)) return <Empty title="" actions={<Spinner />} />;
  if (other === undefined || otherSource === undefined) {
    return (
      <ScrollRegion label={`Source of revision ${chosen}`} className="history-source">
        <pre>{source}</pre>
      </ScrollRegion>
    );
  }
  const [original, modified] = other < chosen ? [otherSource, source] : [source, otherSource];
  return (
    <>
      {original === modified && <p className="history-sides muted">Both revisions have the same source.</p>}
      <div className="column history-diff">
        <DiffView original={original} modified={modified} label={`Revisions of ${name}`} />
      </div>
    </>
  );
}
