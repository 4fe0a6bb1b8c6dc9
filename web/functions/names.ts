import { isFunctionName } from '../../runtime/kernel/functions/name.ts';

/** Says what is wrong with a name for a new function; undefined when nothing is. */
export function nameProblem(name: string, taken: ReadonlySet<string>): string | undefined {
  if (name === '') return 'Enter a name.';
  if (taken.has(name)) return 'A function with this name already exists.';
  if (isFunctionName(name)) return undefined;
  if (name.length > 256) return 'Use at most 256 characters.';
  const odd = /[^a-zA-Z0-9_./-]/.exec(name)?.[0];
  if (odd !== undefined) return `Use letters, digits, “_”, “-”, “.” and “/”. “${odd}” is not allowed.`;
  if (name.startsWith('/') || name.endsWith('/')) return 'A name cannot start or end with “/”.';
  return 'A name cannot contain “..”, “./” or “//”.';
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
