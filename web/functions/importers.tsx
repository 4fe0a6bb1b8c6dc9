import type { ReactNode } from 'react';
import type { FunctionSummary } from '../api/queries.ts';
import type { Entry } from './entries.ts';

/** The live functions that import a function, in the order of names. */
export function importersOf(entries: ReadonlyMap<string, Entry>, name: string): readonly FunctionSummary[] {
  return [...entries.values()].flatMap(({ live }) => (live && live.name !== name && live.imports.includes(name) ? [live] : []));
}

const shown = 8;

/** Names in a sentence; many of them are counted. */
export function Names({ names }: { readonly names: readonly string[] }): ReactNode {
  const rest = names.length - shown;
  return (
    <>
      {names.slice(0, shown).map((name, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <code>{name}</code>
        </span>
      ))}
      {rest > 0 && ` and ${rest} more`}
    </>
  );
}
