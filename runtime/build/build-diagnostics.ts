import type { Message } from 'esbuild';
import { type Diagnostic, HearthError } from '../kernel/errors.ts';

/** Characters of a line that a diagnostic repeats: a minified line may be as long as the source. */
const lineTextLimit = 400;

/** Diagnostics of one build: a source can be wrong in as many places as it has letters. */
const diagnosticsLimit = 100;

/** A place in a source, line and column counted from 1, with the text of the whole line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
}

export function toDiagnostic(name: string, place: Place, message: string): Diagnostic {
  return { function: name, line: place.line, column: place.column, message, lineText: place.lineText.slice(0, lineTextLimit) };
}

/** esbuild's messages about the function `name` as diagnostics, in their order; the first hundred. */
export function fromMessages(name: string, messages: readonly Message[]): Diagnostic[] {
  return messages.slice(0, diagnosticsLimit).map((message) => toDiagnostic(name, placeOf(message), explain(message)));
}

/** `BUILD_FAILED` with these diagnostics; the first is its reason. */
export function buildFailed(diagnostics: readonly Diagnostic[]): HearthError {
  const [first] = diagnostics;
  if (!first) return new HearthError('BUILD_FAILED', { reason: 'The compiler gave no reason.' });
  const more = diagnostics.length > 1 ? `, and ${diagnostics.length - 1} more` : '';
  const reason = `${first.message} (${first.function}, line ${first.line}, column ${first.column}${more})`;
  return new HearthError('BUILD_FAILED', { reason }, { diagnostics });
}

export function placeAt(source: string, index: number): Place {
  const before = source.slice(0, index).split(lineBreak);
  const head = before.at(-1) ?? '';
  const [tail = ''] = source.slice(index).split(lineBreak, 1);
  return { line: before.length, column: head.length + 1, lineText: head + tail };
}

/** What ends a line in JavaScript, and so in a source map. */
export const lineBreak = /\r\n|[\n\r\u2028\u2029]/;

function placeOf({ location }: Message): Place {
  if (!location) return { line: 1, column: 1, lineText: '' };
  const { line, lineText } = location;
  // esbuild counts columns in bytes of UTF-8; editors count in UTF-16.
  const column = Buffer.from(lineText).subarray(0, location.column).toString().length + 1;
  return { line, column, lineText };
}

function explain({ text }: Message): string {
  if (text.startsWith('Top-level await')) {
    return 'Top-level await is not supported, because functions load synchronously. Await inside the handler, or keep the promise in a constant and await it there.';
  }
  return text;
}
