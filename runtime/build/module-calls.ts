import type { CallExpression, Node } from 'acorn';
import { insertedPrefix } from '../kernel/functions/inserted-text.ts';
import type { Insertion } from './insertions.ts';
import type { Parsed } from './parser.ts';

/**
 * Turns each `import()` into `__hearth_import()` and, in a source that is a module, what esbuild has made of an
 * `import` statement into `__hearth_require()`. A `require()` that the author wrote stays Node's.
 */
export function moduleInsertions({ program, imports }: Parsed, isModule: boolean): readonly Insertion[] {
  const required = isModule ? statements(program).flatMap(importedBy) : [];
  return [...imports, ...required].map((at) => ({ at, text: insertedPrefix }));
}

function statements(program: Node): readonly Node[] {
  return program.type === 'Program' ? nodes(program, 'body') : [];
}

/** Where a top-level statement of the forms that esbuild prints for `import` and `export … from` calls `require()`. */
function importedBy(statement: Node): readonly number[] {
  if (statement.type === 'ExpressionStatement') return nodes(statement, 'expression').flatMap(requireIn);
  if (statement.type !== 'VariableDeclaration' || Reflect.get(statement, 'kind') !== 'var') return [];
  return nodes(statement, 'declarations').flatMap((declarator) => nodes(declarator, 'init').flatMap(requireIn));
}

/** `require("…")`, `__toESM(require("…"))` and `__reExport(…, require("…"), …)`. */
function requireIn(node: Node): readonly number[] {
  const name = calleeOf(node);
  if (name === 'require') return [node.start];
  if (name !== '__toESM' && name !== '__reExport') return [];
  return nodes(node, 'arguments')
    .filter((argument) => calleeOf(argument) === 'require')
    .map(({ start }) => start);
}

function calleeOf(node: Node): string | undefined {
  return isCall(node) && node.callee.type === 'Identifier' ? node.callee.name : undefined;
}

function isCall(node: Node): node is CallExpression {
  return node.type === 'CallExpression';
}

function nodes(node: Node, part: string): readonly Node[] {
  const found: unknown = Reflect.get(node, part);
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  return list.filter((one): one is Node => typeof one === 'object' && one !== null && 'type' in one);
}
