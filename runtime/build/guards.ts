import { type SourceMapLine, type SourceMapSegment, decode, encode } from '@jridgewell/sourcemap-codec';
import { lineBreak } from './build-diagnostics.ts';
import type { Guarded, Mapped, Parsed } from './parser.ts';

/** The names that guarded code uses begin so; no source may. */
export const guardPrefix = '__hearth_';

// The plain read costs less than 2 ns; V8 does not take it out of loops, because a call may follow it.
const raised = '__hearth_f[0]';
// An `if` that ends in `else` takes any statement for its other half, and no other `else` for its own.
const loopGuard = `if(${raised}&&__hearth_s());else `;
const blockGuard = `if(${raised})__hearth_s();`;
const expressionGuard = `(${raised}&&__hearth_s(),`;

/** A text to be put in front of the character at `at`. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * Puts a guard in front of every loop's body and at the head of every function in CommonJS code
 * that esbuild has printed, without moving any line. The code then expects two more parameters:
 * `__hearth_f`, an `Int32Array` over a `SharedArrayBuffer`, and `__hearth_s`, a function that is
 * called at every guard while the array's first number is not 0. It throws to end the code, or
 * returns nothing to let it go on.
 *
 * Returns undefined when the code is nested too deep to be read safely, or uses names that begin
 * with `__hearth_`, `with`, or a syntax that the parser does not know: such code runs as it is.
 */
export function insertGuards({ code, map }: Mapped, parsed: Parsed | undefined): Mapped | undefined {
  if (!parsed || code.includes(guardPrefix)) return undefined;
  const insertions = parsed.guarded.flatMap((one) => insertionsFor(one, code)).toSorted((a, b) => a.at - b.at);
  if (insertions.length === 0) return { code, map };
  return { code: insertInto(code, insertions), map: shift(map, code, insertions) };
}

function insertionsFor(guarded: Guarded, code: string): readonly Insertion[] {
  const { at } = guarded;
  if ('end' in guarded)
    return [
      { at, text: expressionGuard },
      { at: guarded.end, text: ')' },
    ];
  // `do` may stand right before its body.
  if (guarded.kind === 'do') return [{ at, text: ` ${loopGuard}` }];
  if (guarded.kind === 'loop') return [{ at, text: loopGuard }];
  // A directive may end with its line instead of a semicolon.
  return [{ at, text: /[;{]/.test(code.charAt(at - 1)) ? blockGuard : `;${blockGuard}` }];
}

function insertInto(code: string, insertions: readonly Insertion[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { at, text } of insertions) {
    parts.push(code.slice(done, at), text);
    done = at;
  }
  parts.push(code.slice(done));
  return parts.join('');
}

/** The source map (a JSON text) of `code` once the insertions are made. */
function shift(json: string, code: string, insertions: readonly Insertion[]): string {
  const map: unknown = JSON.parse(json);
  if (typeof map !== 'object' || map === null || !('mappings' in map) || typeof map.mappings !== 'string')
    throw new TypeError('This is not a source map.');
  const lines = decode(map.mappings);
  const breaks = new RegExp(lineBreak, 'g');
  let next = 0;
  let start = 0;
  for (let line = 0; next < insertions.length; line += 1) {
    // Where this line ends, its line break included; `breaks` goes on from there.
    const end = breaks.test(code) ? breaks.lastIndex : Infinity;
    const first = next;
    while ((insertions[next]?.at ?? Infinity) < end) next += 1;
    if (next > first) lines[line] = shiftLine(lines[line] ?? [], insertions.slice(first, next), start);
    start = end;
  }
  return JSON.stringify({ ...map, mappings: encode(lines) });
}

/** The segments of the line that begins at `start`; those at an insertion stay as well, so that its guard has a place too. */
function shiftLine(segments: SourceMapLine, insertions: readonly Insertion[], start: number): SourceMapLine {
  const shifted: SourceMapLine = [];
  let by = 0;
  let next = 0;
  for (const segment of segments) {
    for (let insertion = insertions[next]; insertion && insertion.at - start <= segment[0]; insertion = insertions[++next]) {
      if (insertion.at - start === segment[0] && insertion.text !== ')') shifted.push(moved(segment, by));
      by += insertion.text.length;
    }
    shifted.push(moved(segment, by));
  }
  return shifted;
}

function moved(segment: SourceMapSegment, by: number): SourceMapSegment {
  const copy: SourceMapSegment = [...segment];
  copy[0] += by;
  return copy;
}
