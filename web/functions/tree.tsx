import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type Ref, type RefObject, useEffect, useId, useImperativeHandle, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { functionLink } from '../state/links.ts';
import { ContextualMenu } from '../ui/menu.tsx';
import { useMenuItems } from './menu-items.tsx';
import { useQuestions, useTreeState } from './stores.ts';
import { type TreeKeys, useTreeKeys } from './tree-keys.ts';
import { TreeRow } from './tree-row.tsx';
import type { Row } from './tree-rows.ts';

// Fingers need more room than a mouse.
const rowHeight = matchMedia('(pointer: coarse)').matches ? 36 : 26;

/** What others ask of the tree. */
export interface TreeHandle {
  /** Takes the focus, at the first row unless one was active. */
  focus(): void;
}

interface TreeProps {
  readonly rows: readonly Row[];
  /** The function in front. */
  readonly current: string | undefined;
  readonly onOpen: () => void;
  readonly ref: Ref<TreeHandle>;
}

/** The rows, of which only those in sight are on the page. The tree itself has the focus and names the row that keys act on. */
export function Tree({ rows, current, onOpen, ref }: TreeProps): ReactNode {
  const [, navigate] = useLocation();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [menuRow, setMenuRow] = useState<Row>();
  const { list, at, activate } = useActive(rows, current, box);
  const setOpen = useTreeState((state) => state.setOpen);
  const openFunction = (name: string): void => {
    navigate(functionLink(name));
    onOpen();
  };
  const openRow = (row: Row): void => (row.entry ? openFunction(row.entry.name) : setOpen(row.id, !row.open));
  const menu = (row: Row): void => openMenuAt(document.getElementById(`${id}${row.id}`));
  const onKeyDown = useTreeKeys({ rows, at, activate, open: openRow, menu, ...useRowActions() });
  const rowOf = ({ target }: { readonly target: EventTarget }): Row | undefined => {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
    return element ? rows[Number(element.dataset['row'])] : undefined;
  };
  const onFocus = (): void => {
    if (at < 0 && rows[0]) activate(rows[0]);
  };
  useImperativeHandle(ref, () => ({ focus: () => box.current?.focus() }));
  const items = useMenuItems(menuRow, openFunction);
  return (
    <ContextualMenu items={items}>
      <div
        ref={box}
        className="scroll tree"
        role="tree"
        aria-label="Functions"
        tabIndex={0}
        aria-activedescendant={at < 0 ? undefined : `${id}${rows[at]?.id}`}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onMouseDown={(event) => {
          // A row that had the focus would take it along when it is scrolled away.
          event.preventDefault();
          box.current?.focus({ preventScroll: true });
        }}
        onClick={(event) => {
          const row = rowOf(event);
          if (row) activate(row);
          if (row && !row.entry) setOpen(row.id, !row.open);
        }}
        onContextMenuCapture={(event) => setMenuRow(rowOf(event))}
      >
        <div role="none" style={{ height: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const marks = { current: row.id === current, active: index === at };
            const style = { top: start, height: rowHeight };
            return <TreeRow key={row.id} id={`${id}${row.id}`} row={row} at={index} style={style} onOpen={onOpen} {...marks} />;
          })}
        </div>
      </div>
    </ContextualMenu>
  );
}

/** Which row the keys act on, kept in sight. */
function useActive(rows: readonly Row[], current: string | undefined, box: RefObject<HTMLElement | null>) {
  const [id, setId] = useState<string>();
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    paddingStart: 4,
    paddingEnd: 12,
  });
  const activate = (row: Row): void => {
    setId(row.id);
    list.scrollToIndex(rows.indexOf(row));
  };
  useReveal(current, rows, activate);
  return { list, at: rows.findIndex((row) => row.id === id), activate };
}

function useRowActions(): Pick<TreeKeys, 'setOpen' | 'rename' | 'remove'> {
  const ask = useQuestions((state) => state.ask);
  const setOpen = useTreeState((state) => state.setOpen);
  return {
    setOpen: (row, open) => setOpen(row.id, open),
    rename: ({ entry }) => entry && ask({ kind: 'rename', name: entry.name }),
    remove: ({ entry }) => entry && ask({ kind: 'delete', name: entry.name }),
  };
}

/** Shows the function in front once it is there: when another is opened, and when the list has come. */
function useReveal(current: string | undefined, rows: readonly Row[], show: (row: Row) => void): void {
  const shown = useRef<string>(undefined);
  useEffect(() => {
    if (current === shown.current) return;
    const row = rows.find(({ id }) => id === current);
    if (!row && current !== undefined) return;
    shown.current = current;
    if (row) show(row);
  });
}

function openMenuAt(row: HTMLElement | null): void {
  if (!row) return;
  const { left, bottom } = row.getBoundingClientRect();
  row.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left + 24, clientY: bottom }));
}
