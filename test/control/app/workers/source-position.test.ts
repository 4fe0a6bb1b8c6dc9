import { expect, it } from 'vitest';
import { showPlace, toSourcePlace } from '../../../../runtime/control/app/workers/source-position.ts';
import { createBuilder } from '../../../../runtime/build/builder.ts';
import type { BuiltFunction } from '../../../../runtime/kernel/functions/revision.ts';

/** A function as it is published, and the place in its code at which a text begins. */
async function build(source: string): Promise<{ built: BuiltFunction; placeOf(text: string): { line: number; column: number } }> {
  const builder = createBuilder();
  const { compiled } = await builder.build({ name: 'lib/x', source });
  await builder.close();
  const built = { name: 'lib/x', revision: 3, methods: undefined, code: compiled.code, map: compiled.map };
  const placeOf = (text: string): { line: number; column: number } => {
    const before = compiled.code.slice(0, compiled.code.indexOf(text)).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
  return { built, placeOf };
}

const frame = { function: 'lib/x', revision: 3, line: 1, column: 1 };

it('toSourcePlace() finds the place in the source, both counted from 1', async () => {
  const source =
    'interface Gone { n: number }\n\nexport default (gone: Gone): void => {\n  for (;;) gone.n = spin();\n};\ndeclare function spin(): number;\n';
  const { built, placeOf } = await build(source);
  const found = toSourcePlace({ ...frame, ...placeOf('spin(') }, built);
  expect(found).toEqual({ function: 'lib/x', revision: 3, line: 4, column: 21 });
  expect(source.split('\n')[3]?.slice(20)).toBe('spin();');
});

it('toSourcePlace() answers no line for code that no source stands behind, or that nobody has', async () => {
  const { built } = await build('export default 1;');
  const known = { function: 'lib/x', revision: 3 };
  expect(toSourcePlace({ ...frame, line: 9000 }, { ...built, map: '{"version":3,"sources":[],"names":[],"mappings":""}' })).toEqual(known);
  expect(toSourcePlace(frame, undefined)).toEqual(known);
});

it('showPlace() says what stacks in the log say', () => {
  const known = { function: 'lib/x', revision: 3 };
  const places = [{ ...known, line: 4, column: 17 }, { ...known, line: 4 }, known];
  expect(places.map(showPlace)).toEqual(['lib/x.ts:4:17', 'lib/x.ts:4:1', 'lib/x.ts']);
});
