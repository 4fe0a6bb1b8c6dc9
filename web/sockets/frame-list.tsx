import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { Frame } from './frame-log.ts';
import { FrameRow } from './frame-row.tsx';

const lineHeight = 26;

interface FrameListProps {
  readonly frames: readonly Frame[];
  readonly label: string;
  /** Whether the newest frame is kept in sight. */
  readonly following: boolean;
  readonly onFollow: (following: boolean) => void;
}

/** The frames of a client; only those in sight are on the page. */
export function FrameList({ frames, label, following, onFollow }: FrameListProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const virtualizer = useVirtualizer({
    count: frames.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    getItemKey: (at) => frames[at]?.seq ?? at,
    overscan: 8,
  });
  const height = virtualizer.getTotalSize();
  useLayoutEffect(() => {
    if (following && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [following, frames, height]);
  const toggle = useCallback(
    (seq: number) => {
      onFollow(false);
      setOpen((before) => {
        const after = new Set(before);
        if (!after.delete(seq)) after.add(seq);
        return after;
      });
    },
    [onFollow],
  );
  const scrolled = (): void => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = scroller.current ?? {};
    const isAtEnd = scrollHeight - scrollTop - clientHeight < lineHeight;
    // What is added only makes it longer: only somebody who looks at what was before moves it up.
    if (following && scrollTop < lastTop.current && !isAtEnd) onFollow(false);
    lastTop.current = scrollTop;
  };
  return (
    <div ref={scroller} className="scroll sockets-frames" role="log" aria-label={label} tabIndex={0} onScroll={scrolled}>
      <div style={{ height, position: 'relative' }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const frame = frames[index];
          if (!frame) return null;
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className="sockets-place"
              style={{ translate: `0 ${start}px` }}
            >
              <FrameRow frame={frame} expanded={open.has(frame.seq)} onToggle={toggle} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
