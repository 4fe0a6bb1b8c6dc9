import { runInNewContext } from 'node:vm';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showAuthorsText } from '../../../runtime/worker/functions/authors-text.ts';
import { createFunctionHost, type FunctionHost } from './host.ts';

let host: FunctionHost;
const native = Object.getOwnPropertyDescriptor(Function.prototype, 'toString') ?? {};

beforeAll(() => {
  showAuthorsText();
  host = createFunctionHost();
});

afterAll(async () => {
  Reflect.defineProperty(Function.prototype, 'toString', native);
  await host.close();
});

class FunctionOfNobody {
  readonly value = 1;
}

/** What an expression over functions of a guarded source is. */
async function valueOf(expression: string, before = ''): Promise<unknown> {
  await host.publish({ probe: `${before}\nexport default () => (${expression});` });
  return host.call('probe').answer;
}

const inOneLine = (text: unknown): string => String(text).replaceAll(/\s+/g, ' ');

describe('Function.prototype.toString()', () => {
  it.each([
    ['(n) => { for (let i = 0; i < n; i++) n += i; return n; }', '(n) => { for (let i = 0; i < n; i++) n += i; return n; }'],
    ['async (n) => { while (n--) await n; }', 'async (n) => { while (n--) await n; }'],
    [
      'function named() { "use strict"; do { return 1; } while (true); }',
      'function named() { "use strict"; do { return 1; } while (true); }',
    ],
    ['function* () { for (const x of [1]) yield x; }', 'function* () { for (const x of [1]) yield x; }'],
    ['async function* () { for await (const x of [1]) yield x; }', 'async function* () { for await (const x of [1]) yield x; }'],
    ['(a) => (b) => (c) => a + (b) * c', '(a) => (b) => (c) => a + b * c'],
    ['() => ({ a: 1 })', '() => ({ a: 1 })'],
    ['async () => await import("node:fs")', 'async () => await import("node:fs")'],
    ['() => import.meta.url', '() => import.meta.url'],
    ['({ method() { for (;;) break; } }).method', 'method() { for (; ; ) break; }'],
    ['Object.getOwnPropertyDescriptor({ get x() { return 1; } }, "x").get', 'get x() { return 1; }'],
    [
      'class A { #p = () => 1; static { for (const x of [1]) ; } m() { return (() => this.#p())(); } }',
      'class A { #p = () => 1; static { for (const x of [1]) ; } m() { return (() => this.#p())(); } }',
    ],
    ['[1, 2].map((x) => x * 2, (() => 1)()) && ((x) => [(() => x)(), x])', '(x) => [/* @__PURE__ */ (() => x)(), x]'],
  ])('is the text of %s without guards', async (source, expected) => {
    expect(inOneLine(await valueOf(`(${source}).toString()`))).toBe(expected);
  });

  it.each([
    'String(f)',
    '`${f}`',
    "f + ''",
    'f.toString()',
    'Function.prototype.toString.call(f)',
    "[f].join('')",
    'JSON.stringify({ f: `${f}` })',
  ])('is what %s shows', async (expression) => {
    const shown = await valueOf(expression, 'const f = () => { for (;;) return 1; };');
    expect(inOneLine(shown)).toMatch(/\(\) => \{(?: |\\n)+for \(; ; \) return 1;(?: |\\n)+\}/);
  });

  it('can be run elsewhere: in another context, by new Function() and by eval', async () => {
    const sum = 'const sum = (n) => { let all = 0; do { for (const x of [n, 1]) all += x; } while (all < 5); return (() => all)(); };';
    const text = String(await valueOf('String(sum)', sum));
    expect(runInNewContext(`(${text})(2)`)).toBe(6);
    expect(await valueOf('new Function(`return (${sum})(2)`)()', sum)).toBe(6);
    expect(await valueOf('(0, eval)(`(${sum})(2)`)', sum)).toBe(6);
  });

  it('is Node’s own for everything else', () => {
    const { toString } = Function.prototype;
    expect([String(toString), toString.name, toString.length]).toEqual(['function toString() { [native code] }', 'toString', 0]);
    expect(Reflect.get(toString, 'prototype')).toBeUndefined();
    expect(String(Math.max)).toBe('function max() { [native code] }');
    expect(() => toString.call({})).toThrow(TypeError);
    expect(Object.getOwnPropertyDescriptor(Function.prototype, 'toString')).toMatchObject({ enumerable: false, configurable: true });
    expect(inspect(FunctionOfNobody)).toBe('[class FunctionOfNobody]');
  });
});
