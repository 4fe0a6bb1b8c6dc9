import type { Entry } from './entries.ts';

/** A line of the tree. */
export interface Row {
  /** A folder ends with a slash, so that a function may have its name. */
  readonly id: string;
  /** The last part of the name, or with a filter the whole name. */
  readonly label: string;
  /** From 1. */
  readonly level: number;
  /** Its place among its siblings, from 1, and how many there are. */
  readonly position: number;
  readonly siblings: number;
  /** The id of its folder; undefined at the top. */
  readonly parent: string | undefined;
  /** Undefined for a folder. */
  readonly entry: Entry | undefined;
  /** Only for a folder. */
  readonly open: boolean;
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly entries: Entry[];
}

const byName = new Intl.Collator('en', { numeric: true });

/** The lines of the tree: folders before functions, the inside of closed folders left out. */
export function treeRows(entries: Iterable<Entry>, closed: ReadonlySet<string>): readonly Row[] {
  const rows: Row[] = [];
  addRows(rows, group(entries), { path: '', level: 1, closed });
  return rows;
}

/** The functions whose names hold all words of the filter, as a flat list, those that it fits best first. */
export function filteredRows(entries: Iterable<Entry>, filter: string): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/);
  const found = [...entries].filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const distances = new Map(found.map(({ name }) => [name, distance(name.toLowerCase(), filter.toLowerCase())]));
  const distanceOf = ({ name }: Entry): number => distances.get(name) ?? 0;
  const sorted = found.toSorted((a, b) => distanceOf(a) - distanceOf(b) || byName.compare(a.name, b.name));
  const common = { level: 1, siblings: sorted.length, parent: undefined, open: false };
  return sorted.map((entry, at) => ({ ...common, id: entry.name, label: entry.name, position: at + 1, entry }));
}

/** The ids of the folders that a function lies in, the outermost first. */
export function foldersOf(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, at) => `${parts.slice(0, at + 1).join('/')}/`);
}

/** How far a name is from what somebody looks for: its last part counts most. */
function distance(name: string, filter: string): number {
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (name === filter || last === filter) return 0;
  if (last.startsWith(filter)) return 1;
  return last.includes(filter) ? 2 : 3;
}

interface Place {
  /** What the names of its children begin with. */
  readonly path: string;
  readonly level: number;
  readonly closed: ReadonlySet<string>;
}

function addRows(rows: Row[], { folders, entries }: Folder, { path, level, closed }: Place): void {
  const common = { level, siblings: folders.size + entries.length, parent: path === '' ? undefined : path };
  let position = 0;
  for (const [label, folder] of [...folders].toSorted(([a], [b]) => byName.compare(a, b))) {
    const id = `${path}${label}/`;
    const open = !closed.has(id);
    rows.push({ ...common, id, label, position: ++position, entry: undefined, open });
    if (open) addRows(rows, folder, { path: id, level: level + 1, closed });
  }
  for (const entry of entries.toSorted((a, b) => byName.compare(a.name, b.name))) {
    rows.push({ ...common, id: entry.name, label: entry.name.slice(path.length), position: ++position, entry, open: false });
  }
}

function group(entries: Iterable<Entry>): Folder {
  const root: Folder = { folders: new Map(), entries: [] };
  for (const entry of entries) {
    let folder = root;
    for (const part of entry.name.split('/').slice(0, -1)) {
      let inner = folder.folders.get(part);
      if (!inner) folder.folders.set(part, (inner = { folders: new Map(), entries: [] }));
      folder = inner;
    }
    folder.entries.push(entry);
  }
  return root;
}
