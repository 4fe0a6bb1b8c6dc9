import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { queries } from '../api/queries.ts';
import { functionLink, revisionLink } from '../state/links.ts';
import type { CrashSummary } from './queries.ts';

type Place = NonNullable<CrashSummary['place']>;

/** Where it happened: the line in the editor while that revision is live, else the revision. */
export function PlaceLink({ place }: { readonly place: Place }): ReactNode {
  const { data } = useQuery(queries.functions());
  const { function: name, revision, line, column } = place;
  const live = data?.find((one) => one.name === name);
  const older = revision > 0 && data !== undefined && live?.revision !== revision;
  const text = `${name}${line === undefined ? '' : `:${line}`}`;
  const href = older ? revisionLink(name, revision) : functionLink(name, line, column);
  return (
    <span>
      <Link href={href} className="mono">
        {text}
      </Link>{' '}
      <span className="muted">{revision === 0 ? 'draft' : `revision ${revision}`}</span>
    </span>
  );
}

/** A place on a stack, such as `chat/room.ts:12:5`; what is none stays text. */
export function FrameLink({ frame }: { readonly frame: string }): ReactNode {
  const match = /^(.+?)(?:\.ts)?:(\d+)(?::(\d+))?$/.exec(frame);
  const name = match?.[1];
  if (!match || name === undefined || /[\s()]/.test(name)) return <span className="mono">{frame}</span>;
  return (
    <Link href={functionLink(name, Number(match[2]), Number(match[3] ?? 1))} className="mono">
      {frame}
    </Link>
  );
}
