import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import { Parser, type Token, type TokenType, tokTypes } from 'acorn';
import type { Diagnostic } from '../kernel/errors.ts';
import { importCandidates, parseSpecifier } from '../kernel/functions/name.ts';
import { type Place, lineBreak, toDiagnostic } from './build-diagnostics.ts';

/** An import of another function that runs whenever the code is loaded. */
export interface Import {
  /** As the source writes it, such as `@/lib/dates`. */
  readonly specifier: string;
  /** The names under which the function may stand, best first. */
  readonly candidates: readonly string[];
  /** Where the source imports it. */
  readonly place: Place;
}

/** Where an import stands in the compiled code: line from 1, column from 0, as source maps count. */
interface Required {
  readonly specifier: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The functions that the compiled code of `name` imports when it is loaded, each specifier once, in
 * their order. Only what surely runs counts: an import inside a function, a block or behind a
 * condition may never happen, and one whose name is computed cannot be known.
 */
export function findImports(name: string, source: string, compiled: { readonly code: string; readonly map: string }): readonly Import[] {
  const required = findRequired(compiled.code);
  if (required.length === 0) return [];
  const map = new TraceMap(compiled.map);
  const lines = source.split(lineBreak);
  const imports = new Map<string, Import>();
  for (const { specifier, line, column } of required) {
    const parsed = parseSpecifier(specifier, name);
    if (parsed.kind !== 'function' || imports.has(specifier)) continue;
    const original = originalPositionFor(map, { line, column });
    const place = { line: original.line ?? 1, column: (original.column ?? 0) + 1, lineText: lines[(original.line ?? 1) - 1] ?? '' };
    imports.set(specifier, { specifier, candidates: importCandidates(parsed.name), place });
  }
  return [...imports.values()];
}

/**
 * A diagnostic for each import of a function that does not exist. `exists` speaks for the functions
 * as they will be once the whole change is live; a function may always import itself.
 */
export function missingImports(
  build: { readonly name: string; readonly imports: readonly Import[] },
  exists: (name: string) => boolean,
): Diagnostic[] {
  const found = (candidate: string): boolean => candidate === build.name || exists(candidate);
  return build.imports
    .filter(({ candidates }) => !candidates.some(found))
    .map(({ specifier, candidates, place }) => {
      const name = candidates.at(-1);
      return toDiagnostic(build.name, place, `Cannot find function "${name === undefined || name === '' ? specifier : name}"`);
    });
}

// A quick look that spares most functions the rest. esbuild writes specifiers with these quotes.
const functionRequire = /\brequire\(\s*["'](?:@\/|\.)/g;

/**
 * Reads tokens and no syntax tree: a parser recurses, and acorn aborts the whole process (V8 cannot
 * compile its regular expressions on the last of the stack) on sources nested deep enough.
 */
function findRequired(code: string): readonly Required[] {
  const last = lastIndexOf(code, functionRequire);
  const found: Required[] = [];
  if (last < 0) return found;
  const statement = new Statement();
  const lines = new LineCounter(code);
  const parameters = new Parameters();
  let recent: readonly Token[] = [];
  try {
    for (const token of Tokenizer.tokenizer(code, { ecmaVersion: 'latest' })) {
      recent = [...recent.slice(-4), token];
      const specifier = statement.certain ? requiredBy(code, recent) : undefined;
      if (specifier !== undefined) found.push({ specifier, ...lines.place(recent.at(-4)?.start ?? 0) });
      found.length = Math.min(found.length, parameters.take(token, found.length));
      statement.take(code, token);
      if (token.start > last && token.type === tokTypes.semi) break;
    }
  } catch {
    // Without a parser the tokens can be misread. What was found stands; a missing function shows when it is loaded.
  }
  return found;
}

// esbuild has checked every regular expression already, and acorn's check recurses.
class Tokenizer extends Parser {
  validateRegExpPattern(): void {}
}

/** What is required if the tokens end with `require("…")` and that is no object's method. */
function requiredBy(code: string, tokens: readonly Token[]): string | undefined {
  const [close, text, open, callee, before] = tokens.toReversed();
  if (close?.type !== tokTypes.parenR || text?.type !== tokTypes.string || open?.type !== tokTypes.parenL) return undefined;
  if (callee?.type !== tokTypes.name || code.slice(callee.start, callee.end) !== 'require' || before?.type === tokTypes.dot)
    return undefined;
  return code.slice(text.start + 1, text.end - 1);
}

/** Turns ever greater indexes into places as source maps count them. */
class LineCounter {
  readonly #code: string;
  #line = 1;
  #start = 0;

  constructor(code: string) {
    this.#code = code;
  }

  place(index: number): { line: number; column: number } {
    for (let next = this.#next(); next <= index && next > 0; next = this.#next()) {
      this.#line += 1;
      this.#start = next;
    }
    return { line: this.#line, column: index - this.#start };
  }

  #next(): number {
    return this.#code.indexOf('\n', this.#start) + 1;
  }
}

/** Follows the tokens to know whether what comes next surely runs when the code is loaded. */
class Statement {
  #braces = 0;
  #brackets = 0;
  #conditional = false;

  /** Whether an expression at this place surely runs. */
  get certain(): boolean {
    return this.#braces === 0 && !this.#conditional;
  }

  take(code: string, token: Token): void {
    const { type } = token;
    this.#nest(type);
    if (this.#braces > 0) return;
    const text = type === tokTypes.assign ? code.slice(token.start, token.end) : type.label;
    if (conditions.has(text)) this.#conditional = true;
    if (this.#brackets === 0 && (type === tokTypes.semi || type === tokTypes.braceR)) this.#conditional = false;
  }

  #nest(type: TokenType): void {
    if (type === tokTypes.braceL || type === tokTypes.dollarBraceL) this.#braces += 1;
    else if (type === tokTypes.braceR) this.#braces -= 1;
    else if (this.#braces > 0) return;
    else if (type === tokTypes.parenL || type === tokTypes.bracketL) this.#brackets += 1;
    else if (type === tokTypes.parenR || type === tokTypes.bracketR) this.#brackets -= 1;
  }
}

/** Takes back what was found between parentheses once an arrow shows that they hold parameters. */
class Parameters {
  readonly #open: number[] = [];
  #closed = Infinity;

  /** How many of the `found` imports stand after this token. */
  take({ type }: Token, found: number): number {
    const kept = type === tokTypes.arrow ? this.#closed : found;
    if (type === tokTypes.parenL) this.#open.push(found);
    this.#closed = type === tokTypes.parenR ? (this.#open.pop() ?? Infinity) : Infinity;
    return kept;
  }
}

// After one of these an expression may run later, or never.
const conditions = new Set(['=>', '&&', '||', '??', '?', '?.', ':', '&&=', '||=', '??=', 'if', 'else', 'for', 'while', 'do', 'function']);

function lastIndexOf(text: string, pattern: RegExp): number {
  let last = -1;
  for (const match of text.matchAll(pattern)) last = match.index;
  return last;
}
