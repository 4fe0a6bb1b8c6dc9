import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../../runtime/build/builder.ts';
import { missingImports } from '../../runtime/build/imports.ts';

let builder: Builder;

beforeAll(() => {
  builder = createBuilder();
});

afterAll(() => builder.close());

async function importsOf(source: string, name = 'dir/probe'): Promise<(readonly [string, string])[]> {
  const { imports } = await builder.build({ name, source });
  return imports.map(({ specifier, candidates }) => [specifier, candidates.join(' ')] as const);
}

describe('findImports()', () => {
  it('finds every form that runs when the code is loaded', async () => {
    const source = `
      import a from '@/a';
      import { b } from './b';
      import * as c from '../c';
      import './d';
      export { f } from './f.ts';
      export * from '../g/h.js';
      import e = require('./e');
      const i = require('./i'), { j } = require("./j");
      let k; k = require('./k').value;
      exports.l = wrap(require('./l'));
      class M extends require('./m') {}
      require('./n')(1);
      const o = { ['p' + 1]: [...require('./o')], q: \`\${require('./p') + 1}\` };
      new (require('./q'))(-require('./r'));
      require('./s').t = require('./t') || 1;
      const u = require('./u') ? 1 : 2;
      export default () => [a, b, c, e, i, j, k, M];`;
    expect(await importsOf(source)).toEqual([
      ['@/a', 'a'],
      ['./b', 'dir/b'],
      ['../c', 'c'],
      ['./d', 'dir/d'],
      ['./f.ts', 'dir/f.ts dir/f'],
      ['../g/h.js', 'g/h.js g/h'],
      ['./e', 'dir/e'],
      ['./i', 'dir/i'],
      ['./j', 'dir/j'],
      ['./k', 'dir/k'],
      ['./l', 'dir/l'],
      ['./m', 'dir/m'],
      ['./n', 'dir/n'],
      ['./o', 'dir/o'],
      ['./p', 'dir/p'],
      ['./q', 'dir/q'],
      ['./r', 'dir/r'],
      ['./s', 'dir/s'],
      ['./t', 'dir/t'],
      ['./u', 'dir/u'],
    ]);
  });

  it.each([
    [
      'the SDK',
      "import cloud from '@lafjs/cloud'; import same from '@/cloud-sdk'; import h from 'hearth'; export default [cloud, same, h];",
    ],
    ['packages', "import fs from 'node:fs'; import axios from 'axios'; import s from '@scope/pkg'; export default [fs, axios, s];"],
    [
      'types',
      "import type { A } from './a'; import { type B } from './b'; import { C } from './c'; export type { D } from './d'; let x: A | B | C;",
    ],
    ['what is imported and not used', "import { unused } from './a'; export default 1;"],
    ['import()', "export const later = () => import('./a'); export const now = import('./b');"],
    [
      'functions',
      "export default () => require('./a'); function f() { return require('./b'); } const g = (x = wrap(require('./c')), y = () => require('./d')) => x;",
    ],
    [
      'conditions',
      "if (a) require('./a'); else require('./b'); a && require('./c'); x ??= require('./d'); const e = a ? require('./e') : 1; a || b();",
    ],
    ['blocks', "try { require('./a'); } catch { require('./b'); } for (const x of y) require('./c'); while (a) require('./d');"],
    ['computed names', "const n = 'a'; require(`@/${n}`); require('@/' + n); require(n);"],
    ['methods', "foo.require('./a'); foo?.require('./b');"],
    ['a require of its own', "function require(x: string) { return x; } export default require('./a');"],
    [
      'text',
      "// require('./a')\nexport const t = `\nrequire(\"./b\");\n${1}\nrequire('./c')\n`, s = \"require('./d')\", r = /require\\('.\\/e'\\)/;",
    ],
  ])('does not count %s', async (_, source) => {
    expect(await importsOf(source)).toEqual([]);
  });

  it('keeps on after blocks, templates and conditions', async () => {
    const source = `
      if (a) { b(); }
      require('./1');
      const t = \`x\${{ y: '}' }.y}z\`;
      require('./2');
      const f = () => { if (x) { return 1; } };
      require('./3');
      const c = a ? { b: 1 } : [{}];
      require('./4');
      for (let i = 0; i < 2; i++) { b(i); }
      require('./5');
      const r = a / 2 / /[}/]/.source.length;
      require('./6');
      label: for (;;) { break label; }
      require('./7');`;
    expect((await importsOf(source, 'p')).map(([, name]) => name)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  it('finds an import in a sum of thousands, and nothing behind a condition in one', async () => {
    const sum = 'a + '.repeat(5_000);
    expect((await importsOf(`x = ${sum}require('./a') + 1;`, 'p')).map(([, name]) => name)).toEqual(['a']);
    expect(await importsOf(`x = ${'a && '.repeat(5_000)}require('./a');`, 'p')).toEqual([]);
  });

  it('finds nothing in what is nested too deep to be parsed', async () => {
    expect(await importsOf(`require('./a'); x = ${'['.repeat(300)}1${']'.repeat(300)};`)).toEqual([]);
  });

  it('lists a specifier once, with the place of the first', async () => {
    const { imports } = await builder.build({
      name: 'p',
      source: "const text = '😀';\r\n  import './a'; import './b';\r\nrequire('./a');\r\nrequire('./c')",
    });
    expect(imports.map(({ specifier, place }) => [specifier, place])).toEqual([
      ['./a', { line: 2, column: 10, lineText: "  import './a'; import './b';" }],
      ['./b', { line: 2, column: 24, lineText: "  import './a'; import './b';" }],
      ['./c', { line: 4, column: 1, lineText: "require('./c')" }],
    ]);
  });

  it('copes with thousands of imports', async () => {
    const source = Array.from({ length: 4_000 }, (_, n) => `import './f${n}';\n`).join('');
    const { imports } = await builder.build({ name: 'p', source });
    expect(imports).toHaveLength(4_000);
    expect(imports.at(-1)).toMatchObject({ specifier: './f3999', place: { line: 4_000, column: 8 } });
  });
});

describe('missingImports()', () => {
  it('names each function that does not exist, at its place', async () => {
    const source = "import { here } from './here';\nimport { gone } from '@/lib/gone.ts';\nexport default [here, gone];";
    const build = await builder.build({ name: 'dir/p', source });
    expect(missingImports(build, (name) => name === 'dir/here')).toEqual([
      {
        function: 'dir/p',
        line: 2,
        column: 22,
        message: 'Cannot find function "lib/gone"',
        lineText: "import { gone } from '@/lib/gone.ts';",
      },
    ]);
  });

  it('takes either name of an import with an extension', async () => {
    const build = await builder.build({ name: 'p', source: "import './a.js'; import './b.js';" });
    const live = new Set(['a', 'b.js']);
    expect(missingImports(build, (name) => live.has(name))).toEqual([]);
  });

  it('lets a function import itself before it is published', async () => {
    const build = await builder.build({ name: 'dir/p', source: "import * as me from './p'; import '@/dir/p.ts'; export default me;" });
    expect(missingImports(build, () => false)).toEqual([]);
  });

  it('shows the specifier when it names nothing', async () => {
    const build = await builder.build({ name: 'p', source: "import './';" });
    expect(missingImports(build, () => false)).toMatchObject([{ message: 'Cannot find function "./"' }]);
  });
});
