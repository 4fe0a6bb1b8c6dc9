import { useMemo, useSyncExternalStore } from 'react';
import { type Frame, type FrameLog, frameText } from './frame-log.ts';

/** The frames of a log that hold a text, in any case. */
export function useMatching(log: FrameLog, filter: string): readonly Frame[] {
  const all = useSyncExternalStore(log.subscribe, log.snapshot);
  const match = useMemo(() => createMatcher(filter), [filter]);
  return match(all);
}

/** Answers which frames hold the text; what it has looked at before it does not look at again. */
function createMatcher(filter: string): (all: readonly Frame[]) => readonly Frame[] {
  const sought = filter.toLowerCase();
  let last = 0;
  let found: readonly Frame[] = [];
  return (all) => {
    if (sought === '') return all;
    const first = all[0]?.seq ?? Number.POSITIVE_INFINITY;
    const kept = found.filter(({ seq }) => seq >= first);
    const fresh = all.filter((frame) => frame.seq > last && frameText(frame).toLowerCase().includes(sought));
    if (fresh.length > 0 || kept.length < found.length) found = [...kept, ...fresh];
    last = all.at(-1)?.seq ?? last;
    return found;
  };
}
