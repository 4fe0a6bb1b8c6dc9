import type { RevisionSummary } from '../api/queries.ts';

/**
 * With which revision another is compared: with the one that somebody has selected, else with the live
 * one; the live one itself, or the newest of a deleted function, with the one before it. Undefined for
 * the only one.
 */
export function otherOf(revisions: readonly RevisionSummary[], chosen: number, selected: number | undefined): number | undefined {
  if (selected !== undefined && selected !== chosen) return selected;
  const live = revisions.find((one) => one.live) ?? revisions[0];
  if (live && live.revision !== chosen) return live.revision;
  return revisions.find(({ revision }) => revision < chosen)?.revision ?? revisions.findLast(({ revision }) => revision > chosen)?.revision;
}

/** What a list or a choice says of a revision. */
export function revisionText({ revision, live, note }: RevisionSummary): string {
  return [`Revision ${revision}`, live ? 'live' : undefined, note === '' ? undefined : note].filter(Boolean).join(' · ');
}
