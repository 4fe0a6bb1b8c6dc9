import { importCandidates, parseSpecifier } from '../../kernel/functions/name.ts';
import type { Revision } from '../../kernel/functions/revision.ts';
import type { LiveCatalog } from '../app/publishing/catalog.ts';

/** Knows which functions a source imports. */
export interface ImportLists {
  /** The live functions that the source names in an import, of types only as well, in the order of names. */
  of(live: Revision): readonly string[];
}

// Also what stands in a comment: that it names a function which exists is close enough, and parsing every source would not be cheap.
const specifiers = /\b(?:from|import|require)\s*(?:\(\s*)?(?:"((?:@\/|\.\.?\/)[^"\n]+)"|'((?:@\/|\.\.?\/)[^'\n]+)')/g;

/** Reads each revision once; what it imports of what is live is looked up anew. */
export function createImportLists(catalog: Pick<LiveCatalog, 'get' | 'list'>): ImportLists {
  const read = new WeakMap<Revision, readonly (readonly string[])[]>();
  return {
    of(live) {
      let imports = read.get(live);
      if (!imports) read.set(live, (imports = readImports(live)));
      const names = imports.map((candidates) => candidates.find((name) => catalog.get(name) !== undefined));
      return [...new Set(names.filter((name) => name !== undefined))].toSorted();
    },
  };
}

/** For each specifier of the source the names under which the function may stand. */
function readImports({ name, source }: Revision): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  for (const [, double, single] of source.matchAll(specifiers)) {
    const parsed = parseSpecifier(double ?? single ?? '', name);
    if (parsed.kind === 'function') found.push(importCandidates(parsed.name));
  }
  return found;
}
