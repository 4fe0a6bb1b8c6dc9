import { insertedNames, insertedPrefix } from '../kernel/functions/inserted-text.ts';
import { guardInsertions } from './guards.ts';
import { insert } from './insertions.ts';
import { moduleInsertions } from './module-calls.ts';
import type { Mapped, Parsed } from './parser.ts';

export interface InstrumentOptions {
  readonly guards: boolean;
  /** Whether the source has `import` or `export`. */
  readonly isModule: boolean;
}

/**
 * Puts into compiled code what makes it a function's: guards, and its own kind of `import`. No line moves.
 * Returns undefined when the code uses names of the host: such code runs as it is.
 */
export function instrument(compiled: Mapped, parsed: Parsed, { guards, isModule }: InstrumentOptions): Mapped | undefined {
  if (usesInsertedNames(compiled.code)) return undefined;
  return insert(compiled, [
    ...(guards && parsed.guardable ? guardInsertions(compiled.code, parsed) : []),
    ...moduleInsertions(parsed, isModule),
  ]);
}

/** Whether the author's code holds a name that begins with `__hearth_`. */
export function usesInsertedNames(code: string): boolean {
  return code.replaceAll(insertedNames.meta, '').includes(insertedPrefix);
}
