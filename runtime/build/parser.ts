import { type Function as FunctionNode, type Node, type TokenType, tokTypes } from 'acorn';
import { ExtensibleParser } from '../internals/acorn-parser.ts';

/** Compiled code with its source map, a JSON text. */
export interface Mapped {
  readonly code: string;
  readonly map: string;
}

/** What is known of compiled code: where guards belong, and its syntax tree, of which statements keep only what decides what runs. */
export interface Parsed {
  readonly guarded: readonly Guarded[];
  /** False when there is a `with`, in which the names of guards can mean anything. */
  readonly guardable: boolean;
  /** Where each `import()` begins. */
  readonly imports: readonly number[];
  readonly program: Node;
}

/** Reads compiled code; undefined when it is nested too deep for that, or has a syntax that acorn does not know. */
export function parseCompiled(code: string): Parsed | undefined {
  try {
    const parser = new GuardParser(code);
    return { program: parser.parse(), guarded: parser.guarded, guardable: parser.guardable, imports: parser.imports };
  } catch (error) {
    // A RangeError is V8's, about a regular expression as long as the source.
    if (error instanceof DepthError || error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A stretch of code where a guard belongs. */
export type Guarded =
  /** A loop's body begins at `at`. */
  | { readonly kind: 'loop' | 'do'; readonly at: number }
  /** A function's statements begin at `at`, behind its directives. */
  | { readonly kind: 'block'; readonly at: number }
  /** An arrow's expression, with the parentheses around it. */
  | { readonly kind: 'expression'; readonly at: number; readonly end: number };

/** Thrown when a source is nested too deep. */
class DepthError extends Error {}

/**
 * How many of the calls counted below may be open at once. acorn aborts the whole process at the
 * very end of the stack (V8 cannot compile its regular expressions there); what takes the most
 * stack for a call, nested object patterns, gets there after 1,070. Bundles reach about 150.
 */
const depthLimit = 260;

const logical: ReadonlySet<TokenType> = new Set([tokTypes.logicalAND, tokTypes.logicalOR, tokTypes.coalesce]);

/**
 * Finds loops and functions in code that esbuild has printed. Every cycle of the recursive descent
 * passes a method that is counted here. What is correct already is not checked again: those checks
 * recurse, or take time that grows with the square of the names.
 */
class GuardParser extends ExtensibleParser {
  readonly guarded: Guarded[] = [];
  readonly imports: number[] = [];
  guardable = true;
  #depth = 0;

  constructor(code: string) {
    // `commonjs` stands for the body of a function.
    super({ ecmaVersion: 'latest', sourceType: 'commonjs', checkPrivateFields: false }, code);
  }

  override parseStatement(context: string | null, topLevel?: boolean, exports?: unknown): Node {
    if (context === 'for' || context === 'while') this.guarded.push({ kind: 'loop', at: this.start });
    else if (context === 'do') this.guarded.push({ kind: 'do', at: this.start });
    if (this.type === tokTypes._with) this.guardable = false;
    this.#enter();
    const node = super.parseStatement(context, topLevel, exports);
    this.#depth -= 1;
    return node;
  }

  override parseIfStatement(node: Node): Node {
    do {
      this.next();
      this.parseParenExpression();
      this.parseStatement('if');
      if (!this.eat(tokTypes._else)) return this.finishNode(node, 'IfStatement');
    } while (this.type === tokTypes._if);
    this.parseStatement('if');
    return this.finishNode(node, 'IfStatement');
  }

  override parseFunctionBody(node: FunctionNode, isArrow: boolean, isMethod: boolean, forInit?: unknown): void {
    const at = this.start;
    this.#enter();
    super.parseFunctionBody(node, isArrow, isMethod, forInit);
    this.#depth -= 1;
    if (node.body.type === 'BlockStatement' && !node.expression) this.guarded.push({ kind: 'block', at: afterDirectives(node.body) });
    else this.guarded.push({ kind: 'expression', at, end: this.lastTokEnd });
  }

  override parseBindingAtom(): Node {
    this.#enter();
    const node = super.parseBindingAtom();
    this.#depth -= 1;
    return node;
  }

  override parseMaybeAssign(forInit?: unknown, errors?: unknown, afterLeft?: unknown): Node {
    this.#enter();
    const node = super.parseMaybeAssign(forInit, errors, afterLeft);
    this.#depth -= 1;
    return node;
  }

  override parseMaybeUnary(errors: unknown, sawUnary?: boolean, incDec?: boolean, forInit?: unknown): Node {
    this.#enter();
    const node = super.parseMaybeUnary(errors, sawUnary, incDec, forInit);
    this.#depth -= 1;
    return node;
  }

  override parseExprAtom(errors?: unknown, forInit?: unknown, forNew?: boolean): Node {
    // There is no `import.meta` left: the compiler has replaced it.
    if (this.type === tokTypes._import) this.imports.push(this.start);
    this.#enter();
    const node = super.parseExprAtom(errors, forInit, forNew);
    this.#depth -= 1;
    return node;
  }

  override parseSubscripts(base: Node, start: number, ...rest: readonly unknown[]): Node {
    this.#enter();
    const node = super.parseSubscripts(base, start, ...rest);
    this.#depth -= 1;
    return node;
  }

  /** Takes `a + b + c` in a loop, since sums are long in generated code. */
  override parseExprOp(left: Node, start: number, ...rest: readonly [location: unknown, least: number, forInit?: unknown]): Node {
    const [location, least, forInit] = rest;
    this.#enter();
    let node = left;
    for (let power = this.#power(forInit); power > least; power = this.#power(forInit)) {
      const type = logical.has(this.type) ? 'LogicalExpression' : 'BinaryExpression';
      this.next();
      const [rightStart, rightLocation] = [this.start, this.startLoc];
      const right = this.parseExprOp(this.parseMaybeUnary(null, false, false, forInit), rightStart, rightLocation, power, forInit);
      node = this.finishNode(Object.assign(this.startNodeAt(start, location), { left: node, right }), type);
    }
    this.#depth -= 1;
    return node;
  }

  override declareName(): void {}

  override strictDirective(): boolean {
    return false;
  }

  override catchStackOverflow<T>(parse: () => T): T {
    return parse();
  }

  validateRegExpPattern(): void {}

  /** How strongly the operator that comes next binds; nothing else binds. */
  #power(forInit: unknown): number {
    return forInit && this.type === tokTypes._in ? -1 : (this.type.binop ?? -1);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > depthLimit) throw new DepthError();
  }
}

function afterDirectives({ start, body }: Extract<FunctionNode['body'], { type: 'BlockStatement' }>): number {
  let at = start + 1;
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) break;
    at = statement.end;
  }
  return at;
}
