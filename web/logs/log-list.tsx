import { ArrowDown } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { defaultRangeExtractor, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import type { LoggedRecord } from '../api/queries.ts';
import { Button } from '../ui/button.tsx';
import { useNarrow } from '../ui/narrow.ts';
import { LogRow } from './log-row.tsx';

interface LogListProps {
  /** What the lines are of, for those who do not see it. */
  readonly label: string;
  readonly lines: readonly LoggedRecord[];
  readonly wrap?: boolean;
  /** Without the column of functions. */
  readonly compact?: boolean;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
}

/** Lines of the log, of which only those in sight are drawn. */
export function LogList({ label, lines, wrap = false, compact = false, follow, onFollow }: LogListProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<number>();
  const { open, toggle } = useOpen();
  const narrow = useNarrow();
  const at = active === undefined ? -1 : positionOf(lines, active);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? 43 : 25),
    getItemKey: (index) => lines[index]?.id ?? index,
    overscan: 4,
    useFlushSync: false,
    anchorTo: 'end',
    // The row that has the focus stays on the page, or the keys would have nothing to move from.
    rangeExtractor: (range) => {
      const rows = defaultRangeExtractor(range);
      return at < 0 || rows.includes(at) ? rows : [...rows, at].toSorted((one, other) => one - other);
    },
  });
  const onScroll = useFollow(virtualizer, { lines, follow, onFollow });
  const move = (event: KeyboardEvent): void => {
    const next = nextPosition(event.key, at, lines.length);
    const record = next === undefined ? undefined : lines[next];
    if (next === undefined || !record) return;
    event.preventDefault();
    setActive(record.id);
    onFollow(next === lines.length - 1);
    virtualizer.scrollToIndex(next);
  };
  useEffect(() => {
    if (active !== undefined)
      scroller.current?.querySelector<HTMLElement>(`[data-id="${active}"] .logs-time`)?.focus({ preventScroll: true });
  }, [active]);
  return (
    <div className="logs-frame">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys move between its rows */}
      <div
        ref={scroller}
        className={`logs-list scroll ${wrap ? 'wrap' : ''} ${compact ? 'compact' : ''}`}
        role="log"
        aria-label={label}
        // A flood is not read aloud, nor is what comes into sight by scrolling.
        aria-live={follow ? 'polite' : 'off'}
        tabIndex={0}
        onKeyDown={move}
        onScroll={onScroll}
      >
        <div className="logs-canvas" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const record = lines[index];
            if (!record) return null;
            const { id, level } = record;
            return (
              <div
                key={id}
                ref={virtualizer.measureElement}
                data-index={index}
                data-id={id}
                className={`logs-row ${level}`}
                style={{ transform: `translateY(${start}px)` }}
              >
                <LogRow record={record} open={open.has(id)} active={id === active} onToggle={toggle} />
              </div>
            );
          })}
        </div>
      </div>
      {!follow && <NewLines lines={lines} onFollow={() => onFollow(true)} />}
    </div>
  );
}

function useOpen(): { open: ReadonlySet<number>; toggle: (id: number) => void } {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = useCallback((id: number) => {
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  return { open, toggle };
}

type Following = Pick<LogListProps, 'lines' | 'follow' | 'onFollow'>;

/** Keeps the end in sight while following; answers what tells that somebody has scrolled away from it or back. */
function useFollow(virtualizer: Virtualizer<HTMLDivElement, Element>, { lines, follow, onFollow }: Following): () => void {
  const top = useRef(0);
  const newest = lines.at(-1)?.id;
  const oldest = lines[0]?.id;
  useLayoutEffect(() => {
    if (follow && newest !== undefined) virtualizer.scrollToEnd();
  }, [virtualizer, follow, newest]);
  useEffect(() => {
    if (oldest !== undefined) forgetSizes(virtualizer.itemSizeCache, oldest);
  }, [virtualizer, oldest]);
  return () => {
    const element = virtualizer.scrollElement;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const atEnd = scrollHeight - scrollTop - clientHeight < 12;
    // Lines that come make the end move away as well: only a way upwards is somebody's wish.
    if (atEnd && !follow) onFollow(true);
    else if (follow && !atEnd && scrollTop < top.current - 2) onFollow(false);
    top.current = scrollTop;
  };
}

/** The sizes of lines that have gone would be kept for as long as the list is shown. */
function forgetSizes(sizes: Map<number | string | bigint, number>, oldest: number): void {
  if (sizes.size < 5_000) return;
  for (const key of sizes.keys()) {
    if (typeof key === 'number' && key < oldest) sizes.delete(key);
  }
}

interface NewLinesProps {
  readonly lines: readonly LoggedRecord[];
  readonly onFollow: () => void;
}

/** Says how many lines have come below while somebody reads further up. */
function NewLines({ lines, onFollow }: NewLinesProps): ReactNode {
  const [mark] = useState(() => lines.at(-1)?.id ?? 0);
  const count = lines.length - 1 - lines.findLastIndex(({ id }) => id <= mark);
  return (
    <Button className="logs-new" onClick={onFollow}>
      <ArrowDown size={14} aria-hidden />{' '}
      {count === 0 ? 'To the end' : `${count.toLocaleString('en')} new ${count === 1 ? 'line' : 'lines'}`}
    </Button>
  );
}

function positionOf(lines: readonly LoggedRecord[], id: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return lines[low]?.id === id ? low : -1;
}

function nextPosition(key: string, at: number, count: number): number | undefined {
  if (key === 'ArrowDown') return at < 0 ? count - 1 : Math.min(at + 1, count - 1);
  if (key === 'ArrowUp') return at < 0 ? count - 1 : Math.max(at - 1, 0);
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}
