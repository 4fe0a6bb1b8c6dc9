import { Parser, type Function as FunctionNode, type Node } from 'acorn';

// acorn's parser is made to be extended (its plugins do), though its types leave out how. test/internals shows that
// the methods that Hearth overrides and calls are there.
declare module 'acorn' {
  interface TokenType {
    readonly binop: number | null;
  }

  interface Parser {
    readonly type: TokenType;
    readonly start: number;
    readonly startLoc: unknown;
    readonly lastTokEnd: number;
    next(): void;
    eat(type: TokenType): boolean;
    startNodeAt(start: number, location: unknown): Node;
    finishNode(node: Node, type: string): Node;
    catchStackOverflow<T>(parse: () => T): T;
    declareName(name: string, bindingType: number, position: number): void;
    strictDirective(start: number): boolean;
    parseParenExpression(): Node;
    parseStatement(context: string | null, topLevel?: boolean, exports?: unknown): Node;
    parseIfStatement(node: Node): Node;
    parseFunctionBody(node: FunctionNode, isArrow: boolean, isMethod: boolean, forInit?: unknown): void;
    parseBindingAtom(): Node;
    parseMaybeAssign(forInit?: unknown, errors?: unknown, afterLeft?: unknown): Node;
    parseMaybeUnary(errors: unknown, sawUnary?: boolean, incDec?: boolean, forInit?: unknown): Node;
    parseSubscripts(base: Node, start: number, ...rest: readonly unknown[]): Node;
    parseExprOp(left: Node, start: number, ...rest: readonly [location: unknown, least: number, forInit?: unknown]): Node;
    parseExprAtom(errors?: unknown, forInit?: unknown, forNew?: boolean): Node;
  }
}

/** acorn's parser, with what its plugins may override. */
export class ExtensibleParser extends Parser {}
