import { importCandidates, parseSpecifier } from '../../runtime/kernel/functions/name.ts';
import { folderOf } from './names.ts';

/** A function that gets another name, among those that exist. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
  /** Names of all functions before it. */
  readonly names: ReadonlySet<string>;
}

// The host finds imports in the same way: a specifier in quotes behind `from`, `import` or `require`.
const specifiers = /\b((?:from|import|require)\s*(?:\(\s*)?)(["'])((?:@\/|\.\.?\/)[^"'\n]+)\2/g;

/**
 * The source of `importer` with imports that mean what they meant before a function was renamed, also
 * when it is that very function and has moved to another folder. Calls such as `cloud.invoke('name')` stay.
 */
export function renameImports(source: string, importer: string, renaming: Renaming): string {
  return source.replaceAll(specifiers, (whole: string, before: string, quote: string, specifier: string) => {
    const changed = renameSpecifier(specifier, importer, renaming);
    return changed === undefined ? whole : `${before}${quote}${changed}${quote}`;
  });
}

function renameSpecifier(specifier: string, importer: string, { from, to, names }: Renaming): string | undefined {
  const parsed = parseSpecifier(specifier, importer);
  if (parsed.kind !== 'function') return undefined;
  const target = importCandidates(parsed.name).find((name) => names.has(name));
  if (target === undefined) return undefined;
  const moves = importer === from && folderOf(from) !== folderOf(to) && specifier.startsWith('.');
  if (target !== from && !moves) return undefined;
  const name = (target === from ? to : target) + parsed.name.slice(target.length);
  return specifier.startsWith('@/') ? `@/${name}` : relativePath(importer === from ? to : importer, name);
}

/** How `importer` names a function by a path. */
function relativePath(importer: string, name: string): string {
  const start = importer.split('/').slice(0, -1);
  const path = name.split('/');
  let shared = 0;
  while (shared < start.length && shared < path.length - 1 && start[shared] === path[shared]) shared++;
  const up = '../'.repeat(start.length - shared);
  return (up === '' ? './' : up) + path.slice(shared).join('/');
}
