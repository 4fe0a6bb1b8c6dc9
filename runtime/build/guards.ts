import { guardText } from '../kernel/functions/inserted-text.ts';
import type { Insertion } from './insertions.ts';
import type { Guarded, Parsed } from './parser.ts';

/**
 * A guard in front of every loop's body and at the head of every function in CommonJS code that esbuild has
 * printed. The code then expects `insertedNames.flags` and `insertedNames.stop`, and calls the second at every
 * guard while the first number of the first is not 0.
 */
export function guardInsertions(code: string, { guarded }: Parsed): readonly Insertion[] {
  return guarded.flatMap((one) => insertionsFor(one, code));
}

function insertionsFor(guarded: Guarded, code: string): readonly Insertion[] {
  const { at } = guarded;
  if ('end' in guarded)
    return [
      { at, text: guardText.expression },
      { at: guarded.end, text: guardText.expressionEnd },
    ];
  if (guarded.kind === 'do') return [{ at, text: guardText.doLoop }];
  if (guarded.kind === 'loop') return [{ at, text: guardText.loop }];
  return [{ at, text: /[;{]/.test(code.charAt(at - 1)) ? guardText.block : guardText.blockAfterLine }];
}
