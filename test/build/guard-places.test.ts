import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../../runtime/build/builder.ts';
import { Stopped, call, createGuard, evaluate, printed } from './guarded.ts';

let builder: Builder;

beforeAll(() => {
  builder = createBuilder();
});

afterAll(() => builder.close());

type Place = readonly [line: number, column: number];

/** Where the source map says that a thrown error comes from: line and column from 1. */
function placeOf(error: unknown, filename: string, json: string): Place | undefined {
  const frames = error instanceof Error ? String(error.stack).split('\n') : [];
  const frame = frames.find((line) => line.includes(filename));
  const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? [];
  const found = originalPositionFor(new TraceMap(json), { line: Number(line), column: Number(column) - 1 });
  return found.line === null ? undefined : [found.line, found.column + 1];
}

/** Where `text` stands in the source, line and column from 1. */
function find(source: string, text: string): Place {
  const before = source.slice(0, source.indexOf(text)).split('\n');
  return [before.length, (before.at(-1) ?? '').length + 1];
}

async function thrownBy(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const thrower = `
const fail = (what: string): never => { throw new Error(what); };
export function afterLoops(n: number) { for (let i = 0; i < n; i++) for (const k in { a: 1 }) while (k) { if (i > 1) return n; break; } throw new RangeError('a'); }
export function inLoop() {
  let i = 0;
  do i += 1; while (i < 3); while (true) { if (i++ > 5) throw new RangeError('b'); }
}
export const arrows = () => [1, 2].map((x) => x * 2).filter((x) => ({ x }).x).map((x) => [(() => x)(), new URL('c' + x)]);
export const wait = async () => { for await (const x of [1]) await x; await Promise.reject(new RangeError('d')); };
export class Thing { get value() { for (const x of [1, 2]) { void x; } throw new RangeError('e'); } static make() { return new Thing().value; } }
export const make = () => Thing.make();
export function* steps() { while (true) { yield 1; throw new RangeError('f'); } }
export const walk = () => [...steps()];
export const one = () => new RangeError('g').missing.property;
export const deep = () => (() => (() => { throw new RangeError('h'); })())();
`;

describe('instrument()', () => {
  it.each([
    ['afterLoops', "new RangeError('a')"],
    ['inLoop', "new RangeError('b')"],
    ['arrows', "new URL('c'"],
    ['wait', "new RangeError('d')"],
    ['make', "new RangeError('e')"],
    ['walk', "new RangeError('f')"],
    ['one', 'property'],
    ['deep', "new RangeError('h')"],
  ])('keeps the place of what %s throws', async (name, text) => {
    const { compiled } = await builder.build({ name: 'probe', source: thrower });
    expect(compiled.code).toContain('__hearth_s');
    const exports = evaluate(compiled.code, createGuard(), '/places.js');
    const error = await thrownBy(() => call(exports, name));
    expect(placeOf(error, '/places.js', compiled.map)).toEqual(find(thrower, text));
  });

  it.each([false, true])('keeps the place of every character that has one (minified: %s)', (minify) => {
    const source = thrower.replaceAll(/: (?:string|never|number)/g, '');
    const { plain, guarded } = printed(source, minify);
    const [before, after] = [new TraceMap(plain.map), new TraceMap(guarded.map)];
    const lines = plain.code.split('\n');
    let compared = 0;
    for (const [index, guardedLine] of guarded.code.split('\n').entries()) {
      const from = lines[index] ?? '';
      for (const [column, moved] of columns(from, guardedLine)) {
        const position = { line: index + 1, column };
        expect(originalPositionFor(after, { ...position, column: moved })).toEqual(originalPositionFor(before, position));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(minify ? 700 : 1_000);
  });

  it.each([
    [
      'a loop',
      'export function run() {\n  let n = 0;\n  while (n < 9)\n    n += 1;\n}',
      [
        [1, 23],
        [4, 5],
      ],
    ],
    [
      'a block',
      'export function run() {\n  for (;;) {\n    Date.now();\n  }\n}',
      [
        [1, 23],
        [2, 12],
      ],
    ],
    [
      'an arrow',
      'export const run = () =>\n  [1, 2]\n    .map((x) => x * 2);',
      [
        [2, 3],
        [3, 17],
      ],
    ],
  ] as const)('gives the guards of %s places', async (_, source, places) => {
    const { compiled } = await builder.build({ name: 'probe', source });
    const found: unknown[] = [];
    for (const patience of places.keys()) {
      const exports = evaluate(compiled.code, undefined, '/places.js');
      const helpers = countAtLoad(compiled.code);
      const guard = createGuard({ raised: true, patience: patience + helpers });
      const stopping = evaluate(compiled.code, guard, '/places.js');
      const error = await thrownBy(() => call(stopping, 'run'));
      expect(exports).toHaveProperty('run');
      expect(error).toBeInstanceOf(Stopped);
      found.push(placeOf(error, '/places.js', compiled.map));
    }
    expect(found).toEqual(places);
  });
});

/** How many guards the code passes when it is loaded and `run` is looked up. */
function countAtLoad(code: string): number {
  const guard = createGuard({ raised: true, patience: Infinity });
  Reflect.get(evaluate(code, guard), 'run');
  return guard.calls;
}

const guards =
  /(?:if\(__hearth_f\[0\]&&__hearth_s\(\)\);else | if\(__hearth_f\[0\]&&__hearth_s\(\)\)\{\}else |if\(__hearth_f\[0\]\)__hearth_s\(\);|\(__hearth_f\[0\]&&__hearth_s\(\),|\/\*__hearth_\*\/\))/y;

/** For each column of a line the column in the guarded line; what is not in the line is a guard or the parenthesis that ends one. */
function* columns(from: string, guarded: string): Iterable<readonly [number, number]> {
  let moved = 0;
  for (let column = 0; column < from.length && moved < guarded.length; moved += 1) {
    guards.lastIndex = moved;
    if (guards.test(guarded)) moved = guards.lastIndex - 1;
    else if (guarded[moved] === from[column]) {
      // A guard's own parenthesis looks like one of the line.
      if (from[column] !== ')') yield [column, moved];
      column += 1;
    }
  }
}
