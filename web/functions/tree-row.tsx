import {
  Cable,
  ChevronDown,
  ChevronRight,
  CircleOff,
  TriangleAlert,
  Ellipsis,
  Folder,
  FolderOpen,
  type LucideIcon,
  Power,
  Shield,
  Signpost,
} from 'lucide-react';
import type { CSSProperties, MouseEvent, ReactNode } from 'react';
import { Link } from 'wouter';
import { reserved } from '../../runtime/kernel/functions/name.ts';
import { functionLink } from '../state/links.ts';
import type { Entry } from './entries.ts';
import { plainIcon } from './templates.ts';
import type { Row } from './tree-rows.ts';

const icons: Readonly<Record<string, { readonly icon: LucideIcon; readonly meaning: string }>> = {
  [reserved.websocket]: { icon: Cable, meaning: 'Receives the events of all sockets' },
  [reserved.interceptor]: { icon: Shield, meaning: 'Runs before every HTTP call' },
  [reserved.init]: { icon: Power, meaning: 'Runs once when a worker begins to serve' },
  [reserved.fallback]: { icon: Signpost, meaning: 'Handles paths without a function' },
};

interface TreeRowProps {
  readonly id: string;
  readonly row: Row;
  /** Its place among the rows, by which the tree knows what was clicked. */
  readonly at: number;
  /** Whether it is the function in front. */
  readonly current: boolean;
  /** Whether the keys act on it. */
  readonly active: boolean;
  readonly style: CSSProperties;
  readonly onOpen: () => void;
}

const indent = 14;

/** A line of the tree. */
export function TreeRow({ id, row, at, current, active, style, onOpen }: TreeRowProps): ReactNode {
  const { entry, label, open } = row;
  const padding = { paddingInlineStart: 8 + (row.level - 1) * indent };
  return (
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      className={`tree-row ${active ? 'active' : ''}`}
      style={style}
      data-row={at}
      aria-label={[label, ...marksOf(entry)].join(', ')}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={current}
      aria-expanded={entry ? undefined : open}
      title={entry ? titleOf(entry) : row.id}
    >
      {entry ? (
        <FunctionLabel entry={entry} label={label} style={padding} onOpen={onOpen} />
      ) : (
        <span className="tree-label" style={padding}>
          {open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}
          {open ? <FolderOpen size={15} aria-hidden /> : <Folder size={15} aria-hidden />}
          <span className="clip">{label}</span>
        </span>
      )}
      <button
        type="button"
        className="tree-more"
        tabIndex={-1}
        aria-label={`Actions for ${row.id}`}
        aria-haspopup="menu"
        onClick={openMenu}
      >
        <Ellipsis size={15} aria-hidden />
      </button>
    </div>
  );
}

interface FunctionLabelProps {
  readonly entry: Entry;
  readonly label: string;
  readonly style: CSSProperties;
  readonly onOpen: () => void;
}

function FunctionLabel({ entry, label, style, onOpen }: FunctionLabelProps): ReactNode {
  const { name, live, draft } = entry;
  const Icon = icons[name]?.icon ?? plainIcon;
  return (
    <Link href={functionLink(name)} className="tree-label" style={style} tabIndex={-1} onClick={onOpen} draggable={false}>
      <Icon size={15} aria-hidden className={icons[name] ? 'tree-reserved' : 'tree-icon'} />
      <span className={`clip ${live ? '' : 'tree-new'}`}>{label}</span>
      {live?.quarantine && <CircleOff size={13} className="tree-off" aria-hidden />}
      {live?.loadError && <TriangleAlert size={13} className="tree-off" aria-hidden />}
      {!live && <span className="tree-word">not published</span>}
      {live && draft && <span className="tree-dot" aria-hidden />}
    </Link>
  );
}

/** Opens the tree's one menu below the button, as the other mouse button would. */
function openMenu(event: MouseEvent<HTMLElement>): void {
  event.stopPropagation();
  const { left, bottom } = event.currentTarget.getBoundingClientRect();
  event.currentTarget.dispatchEvent(
    new window.MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left, clientY: bottom }),
  );
}

function marksOf(entry: Entry | undefined): readonly string[] {
  if (!entry) return [];
  if (!entry.live) return ['not published'];
  return [
    ...(entry.draft ? ['unpublished changes'] : []),
    ...(entry.live.quarantine ? ['disabled'] : []),
    ...(entry.live.loadError ? ['does not load'] : []),
  ];
}

function titleOf(entry: Entry): string {
  const reason = entry.live?.quarantine ? `Disabled: ${entry.live.quarantine.reason}` : undefined;
  const loadError = entry.live?.loadError ? `Does not load: ${entry.live.loadError.message}` : undefined;
  const marks = marksOf(entry).filter((mark) => mark !== 'disabled' && mark !== 'does not load');
  return [entry.name, icons[entry.name]?.meaning, ...marks, reason, loadError].filter(Boolean).join('\n');
}
