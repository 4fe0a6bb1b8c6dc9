import { type SourceMapLine, type SourceMapSegment, decode, encode } from '@jridgewell/sourcemap-codec';
import { guardText } from '../kernel/functions/inserted-text.ts';
import { lineBreak } from './build-diagnostics.ts';
import type { Mapped } from './parser.ts';

/** A text to be put in front of the character at `at`. It holds no line break. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Puts texts into compiled code without moving any line; its source map follows. */
export function insert({ code, map }: Mapped, unordered: readonly Insertion[]): Mapped {
  if (unordered.length === 0) return { code, map };
  const insertions = unordered.toSorted((a, b) => a.at - b.at);
  return { code: insertInto(code, insertions), map: shift(map, code, insertions) };
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

/** The segments of the line that begins at `start`; those at an insertion stay as well, so that its guard has a position too. */
function shiftLine(segments: SourceMapLine, insertions: readonly Insertion[], start: number): SourceMapLine {
  const shifted: SourceMapLine = [];
  let by = 0;
  let next = 0;
  for (const segment of segments) {
    for (let insertion = insertions[next]; insertion && insertion.at - start <= segment[0]; insertion = insertions[++next]) {
      if (insertion.at - start === segment[0] && insertion.text !== guardText.expressionEnd) shifted.push(moved(segment, by));
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
