import { type KeyboardEvent, useRef } from 'react';
import type { Row } from './tree-rows.ts';

/** What the keys of a tree do. */
export interface TreeKeys {
  readonly rows: readonly Row[];
  /** Place of the row that the keys act on; -1 for none. */
  readonly at: number;
  activate(row: Row): void;
  setOpen(row: Row, open: boolean): void;
  /** Does what Enter does to it. */
  open(row: Row): void;
  rename(row: Row): void;
  remove(row: Row): void;
  /** Opens the row's menu. */
  menu(row: Row): void;
}

const typeAheadPause = 600;

/** The keys of a tree as WAI-ARIA has them, with type-ahead, F2 and Delete. */
export function useTreeKeys(tree: TreeKeys): (event: KeyboardEvent) => void {
  const typed = useRef({ text: '', at: 0 });
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1 && event.key !== ' ') typeAhead(tree, typed.current, event);
    else if (act(tree, event)) event.preventDefault();
  };
}

function act(tree: TreeKeys, { key, shiftKey }: KeyboardEvent): boolean {
  const { rows, at } = tree;
  const row = rows[at];
  const target = targetOf(tree, key);
  if (target !== undefined) {
    const next = rows[Math.max(0, Math.min(target, rows.length - 1))];
    if (next) tree.activate(next);
    return true;
  }
  if (!row) return false;
  if (key === 'ArrowRight') return right(tree, row);
  if (key === 'ArrowLeft') return left(tree, row);
  if (key === 'ContextMenu' || (key === 'F10' && shiftKey)) tree.menu(row);
  else if (key === 'Enter' || key === ' ') tree.open(row);
  else if (key === 'F2') tree.rename(row);
  else if (key === 'Delete') tree.remove(row);
  else return false;
  return true;
}

function targetOf({ rows, at }: TreeKeys, key: string): number | undefined {
  const page = 15;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: rows.length - 1,
  };
  return targets[key];
}

function right(tree: TreeKeys, row: Row): boolean {
  if (row.entry) return true;
  const inner = tree.rows[tree.at + 1];
  if (!row.open) tree.setOpen(row, true);
  else if (inner) tree.activate(inner);
  return true;
}

function left(tree: TreeKeys, row: Row): boolean {
  const parent = tree.rows.find(({ id }) => id === row.parent);
  if (!row.entry && row.open) tree.setOpen(row, false);
  else if (parent) tree.activate(parent);
  return true;
}

function typeAhead(tree: TreeKeys, typed: { text: string; at: number }, event: KeyboardEvent): void {
  const again = event.timeStamp - typed.at < typeAheadPause;
  typed.text = (again ? typed.text : '') + event.key.toLowerCase();
  typed.at = event.timeStamp;
  // A first character goes on to the next row that begins with it; more of them may stay where they are.
  const start = tree.at + (again ? 0 : 1);
  const inOrder = [...tree.rows.slice(start), ...tree.rows.slice(0, start)];
  const found = inOrder.find(({ label }) => label.toLowerCase().startsWith(typed.text));
  if (found) tree.activate(found);
  event.preventDefault();
}
