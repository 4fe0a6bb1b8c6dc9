import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import type { CallExpression, Node } from 'acorn';
import type { Diagnostic } from '../kernel/errors.ts';
import { importCandidates, parseSpecifier } from '../kernel/functions/name.ts';
import { type Place, lineBreak, toDiagnostic } from './build-diagnostics.ts';
import type { Mapped, Parsed } from './parser.ts';

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
 * condition may never happen, and one whose name is computed cannot be known. Nothing is found in code that cannot be
 * parsed; a missing function then shows when it is loaded.
 */
export function findImports(
  { name, source }: { readonly name: string; readonly source: string },
  output: Mapped,
  parsed: Parsed | undefined,
): readonly Import[] {
  if (!parsed || !functionRequire.test(output.code)) return [];
  const required = findRequired(output.code, parsed.program);
  const map = new TraceMap(output.map);
  const lines = source.split(lineBreak);
  const imports = new Map<string, Import>();
  for (const { specifier, line, column } of required) {
    const target = parseSpecifier(specifier, name);
    if (target.kind !== 'function' || imports.has(specifier)) continue;
    const original = originalPositionFor(map, { line, column });
    const place = { line: original.line ?? 1, column: (original.column ?? 0) + 1, lineText: lines[(original.line ?? 1) - 1] ?? '' };
    imports.set(specifier, { specifier, candidates: importCandidates(target.name), place });
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
const functionRequire = /\brequire\(\s*["'](?:@\/|\.)/;

function findRequired(code: string, program: Node): readonly Required[] {
  const lines = new LineCounter(code);
  const found: Required[] = [];
  // A list instead of recursion: sums nest as deep as they are long.
  const open: Node[] = [program];
  for (let node = open.pop(); node; node = open.pop()) {
    const specifier = requiredBy(node);
    if (specifier !== undefined) found.push({ specifier, ...lines.place(node.start) });
    else open.push(...certainParts(node).toReversed());
  }
  return found;
}

/** What a `require("…")` asks for. */
function requiredBy(node: Node): string | undefined {
  if (!isCall(node) || node.callee.type !== 'Identifier' || node.callee.name !== 'require') return undefined;
  const [specifier] = node.arguments;
  return specifier?.type === 'Literal' && typeof specifier.value === 'string' ? specifier.value : undefined;
}

function isCall(node: Node): node is CallExpression {
  return node.type === 'CallExpression';
}

/** The parts of a node that run whenever it does, by its type; those of other nodes may run later, or never. */
const certain: Readonly<Record<string, readonly string[]>> = {
  Program: ['body'],
  ExpressionStatement: ['expression'],
  VariableDeclaration: ['declarations'],
  VariableDeclarator: ['init'],
  ClassDeclaration: ['superClass'],
  ClassExpression: ['superClass'],
  CallExpression: ['callee', 'arguments'],
  NewExpression: ['callee', 'arguments'],
  MemberExpression: ['object'],
  SequenceExpression: ['expressions'],
  ArrayExpression: ['elements'],
  ObjectExpression: ['properties'],
  Property: ['value'],
  SpreadElement: ['argument'],
  TemplateLiteral: ['expressions'],
  UnaryExpression: ['argument'],
  BinaryExpression: ['left', 'right'],
  LogicalExpression: ['left'],
  ConditionalExpression: ['test'],
};

function certainParts(node: Node): readonly Node[] {
  // `a ??= b` evaluates `b` only now and then.
  const parts = node.type === 'AssignmentExpression' && Reflect.get(node, 'operator') === '=' ? ['left', 'right'] : certain[node.type];
  return (parts ?? []).flatMap((part) => Reflect.get(node, part)).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
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
