import { importCandidates, parseSpecifier } from '../../kernel/functions/name.ts';

/** The functions that a check is about, and those that are needed for it. */
export interface Closure {
  /** The given ones, and those that import one of them, by whatever way. */
  readonly checked: ReadonlySet<string>;
  /** These, and all that they import. */
  readonly needed: ReadonlySet<string>;
}

/** Finds what a change of the `given` functions can make wrong, among the `sources` by name. */
export function findClosure(given: readonly string[], sources: ReadonlyMap<string, string>): Closure {
  const imports = new Map<string, readonly string[]>();
  const importers = new Map<string, string[]>();
  for (const [name, source] of sources) {
    const imported = importsOf(name, source, sources);
    imports.set(name, imported);
    for (const one of imported) importers.set(one, [...(importers.get(one) ?? []), name]);
  }
  const checked = reach(given, importers);
  // What is declared for all functions is needed without an import.
  const global = [...sources].filter(([, source]) => /\bdeclare\s+(?:global|module)\b/.test(source)).map(([name]) => name);
  return { checked, needed: reach([...checked, ...global], imports) };
}

// Types are imported too, so that compiled code would not tell. One text too many does no harm.
const pathText = /(['"`])((?:@\/|\.\.?\/)[^'"`\n]*)\1/g;

function importsOf(name: string, source: string, sources: ReadonlyMap<string, string>): readonly string[] {
  const found = new Set<string>();
  for (const [, , specifier = ''] of source.matchAll(pathText)) {
    const parsed = parseSpecifier(specifier, name);
    if (parsed.kind !== 'function') continue;
    for (const candidate of importCandidates(parsed.name)) if (sources.has(candidate)) found.add(candidate);
  }
  return [...found];
}

function reach(from: Iterable<string>, steps: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set(from);
  // A set goes on to iterate over what is added meanwhile.
  for (const name of reached) for (const next of steps.get(name) ?? []) reached.add(next);
  return reached;
}
