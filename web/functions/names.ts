import { isFunctionName } from '../../runtime/kernel/functions/name.ts';

/** Says what is wrong with a name for a new function; undefined when nothing is. */
export function nameProblem(name: string, taken: ReadonlySet<string>): string | undefined {
  if (name === '') return 'Give it a name.';
  if (taken.has(name)) return 'There is a function of that name.';
  if (isFunctionName(name)) return undefined;
  if (name.length > 256) return 'A name has 256 characters at most.';
  const odd = /[^a-zA-Z0-9_./-]/.exec(name)?.[0];
  if (odd !== undefined) return `A name has letters, digits, “_”, “-”, “.” and “/”, no “${odd}”.`;
  if (name.startsWith('/') || name.endsWith('/')) return 'A name neither begins nor ends with “/”.';
  return 'A name holds no “..”, “./” or “//”.';
}

/** A name that is free: the given one, or with a number behind it. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) {
    if (!taken.has(`${name}-${number}`)) return `${name}-${number}`;
  }
}

/** The part of a name before its last slash, with the slash; empty without one. */
export function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}
