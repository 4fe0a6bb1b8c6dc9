import { createContext, runInContext } from 'node:vm';
import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Build, type Builder, createBuilder } from '../../runtime/build/builder.ts';
import { HearthError } from '../../runtime/kernel/errors.ts';

let builder: Builder;

beforeAll(() => {
  builder = createBuilder();
});

afterAll(() => builder.close());

const build = (source: string, name = 'probe'): Promise<Build> => builder.build({ name, source });

async function failure(source: string, name = 'probe'): Promise<HearthError> {
  const error: unknown = await build(source, name).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HearthError)) throw new Error('the build did not fail with a HearthError', { cause: error });
  expect(error.code).toBe('BUILD_FAILED');
  return error;
}

/** Runs compiled code as a loader would and answers what it exports. */
function evaluate({ compiled }: Build, modules: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const module = { exports: {} };
  const context = createContext({ console });
  const parameters = 'module, exports, require, __hearth_require, __hearth_import, __hearth_import_meta, __hearth_f';
  const run: unknown = runInContext(`(function (${parameters}) {${compiled.code}\n})`, context);
  if (typeof run !== 'function') throw new Error('not a function');
  const require = (id: string): unknown => modules[id];
  const load = async (id: string, options: unknown): Promise<unknown> => ({ id, options });
  run(
    module,
    module.exports,
    require,
    (id: string) => modules[`import ${id}`] ?? require(id),
    load,
    { url: 'file:///probe.ts' },
    new Int32Array(1),
  );
  return module.exports;
}

describe('output', () => {
  it('build() makes CommonJS of a TypeScript module', async () => {
    const built = await build('export default (n: number): number => n + 1;');
    const { default: handler } = evaluate(built);
    expect(typeof handler === 'function' && handler(1)).toBe(2);
    expect(built.name).toBe('probe');
    expect(built.warnings).toEqual([]);
  });

  it('build() tags its output with the compiler and the settings', async () => {
    expect((await build('')).compiled.builder).toBe(builder.tag);
    expect(builder.tag).toMatch(/^esbuild@\d+\.\d+\.\d+\+\d+\+guards$/);
  });

  it('build() maps the output to lines and columns of the source, without a copy of it', async () => {
    const { compiled } = await build("// first\nexport default () => {\n  throw new Error('here');\n};\n", 'dir/thrower');
    const lines = compiled.code.split('\n');
    const line = lines.findIndex((text) => text.includes('throw new Error')) + 1;
    const column = lines[line - 1]?.indexOf('throw') ?? -1;
    const map = new TraceMap(compiled.map);
    expect(originalPositionFor(map, { line, column })).toMatchObject({ line: 3, column: 2, source: 'dir/thrower.ts' });
    expect(compiled.map).not.toContain('here');
  });

  it.each([
    ["import('./other')", { id: './other', options: undefined }],
    ["import(`./${'oth'}er`)", { id: './other', options: undefined }],
    ["import('./data.json', { with: { type: 'json' } })", { id: './data.json', options: { with: { type: 'json' } } }],
    ["(() => import(/* here */ 'a'))()", { id: 'a', options: undefined }],
  ])("build() passes %s to the function's own import()", async (expression, expected) => {
    for (const source of [`export default async () => ${expression};`, `exports.default = async () => ${expression};`]) {
      const { default: handler } = evaluate(await build(source));
      expect(await (typeof handler === 'function' && handler())).toEqual(expected);
    }
  });

  it.each([
    ["import a from 'a';", 'a'],
    ["import * as a from 'a';", 'a'],
    ["import { x as a } from 'a';", 'a'],
    ["export { x } from 'a'; const a = 1;", 'a'],
    ["export * from 'a'; const a = 1;", 'a'],
    ["export * as all from 'a'; const a = 1;", 'a'],
    ["import 'a'; const a = 1;", 'a'],
    ["import type { T } from 't'; import { type U, v as a } from 'a';", 'a'],
  ])('build() tells %s from a require() of the author', async (statement) => {
    const { code } = (await build(`${statement}\nexport default () => [a, require('b')];\nconst c = require('c');`)).compiled;
    const [body = ''] = code.split('// Annotate the CommonJS export names');
    const calls = [...body.matchAll(/(\w*require)\("(\w)"\)/g)].map(([, call, id]) => `${call} ${id}`);
    expect(calls).toEqual(['__hearth_require a', 'require b', 'require c']);
  });

  it.each(['import.meta.url', "import.meta['url']", '(({ url }) => url)(import.meta)', '(() => import.meta?.url)()'])(
    'build() gives %s a value, in modules and in scripts',
    async (expression) => {
      for (const source of [`export const value = ${expression};`, `exports.value = ${expression};`]) {
        const built = await build(source);
        expect([evaluate(built).value, built.warnings]).toEqual(['file:///probe.ts', []]);
      }
    },
  );

  it('build() compiles enums and decorators', async () => {
    const source = `
      enum Color { red, green }
      const seen: string[] = [];
      function note(target: object, key: string) { seen.push(key + Color.green); }
      class Noted { @note method() {} @note field = 1; }
      new Noted();
      export { seen };`;
    expect(JSON.stringify(evaluate(await build(source)).seen)).toBe('["method1","field1"]');
  });

  it.each([
    [
      'a field past the setter of its parent',
      "class A { set x(v) { seen.push('set'); } } class B extends A { x = 1; } seen.push(new B().x);",
      [1],
    ],
    ['a field without a value', 'class A { x; y: string; declare z: number; } seen.push(...Object.keys(new A()));', ['x', 'y']],
    ['a field over its parent’s', "class A { x = 'a'; } class B extends A { x: any; } seen.push(new B().x === undefined);", [true]],
    ['static fields', "class A { static set x(v) { seen.push('set'); } } class B extends A { static x = 1; } seen.push(B.x);", [1]],
    [
      'a parameter property before a field that reads it',
      'class A { constructor(public x = 1) {} y = this.x; } seen.push(Object.keys(new A()).toSorted(), new A().y);',
      [['x', 'y'], null],
    ],
    [
      'computed and private fields',
      "const k = 'x'; class A { [k] = 1; #p = 2; get p() { return this.#p; } } seen.push(new A().x, new A().p);",
      [1, 2],
    ],
  ])('build() defines %s, as TypeScript does for ES2022', async (_, code, expected) => {
    const { seen } = evaluate(await build(`const seen: any[] = [];\n${code}\nexport { seen };`));
    expect(JSON.stringify(seen)).toBe(JSON.stringify(expected));
  });

  it('build() runs modules in strict mode and scripts as they are', async () => {
    const undeclared = await build('export default () => { undeclared = 1; };');
    const { default: handler } = evaluate(undeclared);
    expect(handler).toThrow(/undeclared is not defined/);
    const { main } = evaluate(await build('exports.main = () => { undeclared = 1; return undeclared; };'));
    expect(typeof main === 'function' && main()).toBe(1);
  });

  it('build() takes exports.main beside an import without a warning', async () => {
    const built = await build("import os from 'node:os';\nexports.main = () => os.platform;");
    expect(built.warnings).toEqual([]);
    const { main } = evaluate(built, { 'node:os': { platform: 'here' } });
    expect(typeof main === 'function' && main()).toBe('here');
  });

  it('build() passes warnings on as diagnostics', async () => {
    const { warnings } = await build('export default (n: number) => n === NaN;\nexport const x = { a: 1, a: 2 };');
    expect(warnings).toMatchObject([
      { function: 'probe', line: 1, column: 33, message: expect.stringContaining('NaN') },
      { function: 'probe', line: 2, column: 26, message: expect.stringContaining('Duplicate key') },
    ]);
  });

  it('build() serves many calls at once and answers each with its own', async () => {
    const all = await Promise.all(Array.from({ length: 30 }, (_, n) => build(`export default ${n};`, `f${n}`)));
    expect(all.map((built) => evaluate(built).default)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});

describe('failures', () => {
  it('build() answers a syntax error with its place, counted from 1', async () => {
    const error = await failure('const fine = 1;\nconst a = ;\n', 'dir/broken');
    expect(error.diagnostics).toEqual([
      { function: 'dir/broken', line: 2, column: 11, message: 'Unexpected ";"', lineText: 'const a = ;' },
    ]);
    expect(error.message).toBe('The source does not compile: Unexpected ";" (dir/broken, line 2, column 11)');
    expect(error.status).toBe(422);
  });

  it('build() counts columns in UTF-16, as editors do', async () => {
    expect((await failure("const a = '😀é', b = ;")).diagnostics).toMatchObject([{ line: 1, column: 22 }]);
  });

  it('build() reports every error that the compiler finds', async () => {
    const error = await failure('let a;\nlet a;\nlet b;\nlet b;\n');
    expect(error.diagnostics).toMatchObject([{ line: 2 }, { line: 4 }]);
    expect(error.message).toContain('and 1 more');
  });

  it('build() keeps diagnostics short when a line or their number is absurd', async () => {
    const { diagnostics = [] } = await failure('let a;'.repeat(300));
    expect(diagnostics).toHaveLength(100);
    expect(diagnostics[0]?.lineText).toHaveLength(400);
  });

  it.each(["const a = await fetch('x');", 'for await (const x of y) {}', 'export const a = await 1;'])(
    'build() explains that top-level await is not supported: %s',
    async (source) => {
      const error = await failure(source);
      expect(error.diagnostics?.[0]?.message).toMatch(/^Top-level await is not supported.*Await inside the handler/);
    },
  );

  it('build() explains that JSX is not supported', async () => {
    const error = await failure('export default () => <div>hi</div>;');
    expect(error.diagnostics).toMatchObject([{ line: 1, message: expect.stringContaining('JSX is not supported') }]);
  });

  it('build() does not blame JSX for another error', async () => {
    const error = await failure("export default () => '<br/>' +;");
    expect(error.message).not.toContain('JSX');
  });
});

describe('strange sources', () => {
  it.each([
    ['an empty source', ''],
    ['a comment', '// nothing'],
    ['types only', "import type { A } from './a';\nexport type B = A;"],
  ])('build() takes %s', async (_, source) => {
    const built = await build(source);
    expect(evaluate(built).default).toBeUndefined();
    expect(built.imports).toEqual([]);
  });

  it.each([
    ['a byte order mark', '\uFEFFexport default () => 1;'],
    ['a hashbang', '#!/usr/bin/env node\nexport default () => 1;'],
    ['both', '\uFEFF#!/usr/bin/env node\nexport default () => 1;'],
    ['Windows line ends', 'export default () =>\r\n  1;\r\n'],
    ['512 KB', `${'// comment line\n'.repeat(32_000)}export default () => 1;`],
    ['512 KB in one line', `${'globalThis.x=1;'.repeat(34_000)}export default () => 1;`],
  ])('build() takes %s', async (_, source) => {
    const { default: handler } = evaluate(await build(source));
    expect(typeof handler === 'function' && handler()).toBe(1);
  });

  it('build() does not count a byte order mark', async () => {
    expect((await failure('\uFEFFconst a = ;')).diagnostics).toMatchObject([{ line: 1, column: 11, lineText: 'const a = ;' }]);
  });

  it('build() takes U+0000 in a string and refuses it elsewhere', async () => {
    expect(evaluate(await build('export default "a\0b";')).default).toBe('a\0b');
    expect((await failure('export default 1;\n \0')).diagnostics).toMatchObject([{ line: 2, column: 2 }]);
  });

  it('build() refuses half a surrogate pair rather than replace it', async () => {
    const error = await failure("const fine = '😀';\nexport default 'a\uD83Db';");
    expect(error.diagnostics).toMatchObject([{ line: 2, column: 18, message: expect.stringContaining('surrogate') }]);
  });

  it('build() treats <!-- as the web does: a comment in scripts, an error in modules', async () => {
    expect((await build('exports.main = () => 1; <!-- comment')).warnings).toMatchObject([{ line: 1, column: 25 }]);
    expect((await failure('<!-- comment\nexport default 1;')).diagnostics).toMatchObject([{ line: 1, column: 1 }]);
  });

  it.each([
    ['unclosed parentheses', '('.repeat(100_000)],
    ['unclosed type arguments', 'a<'.repeat(20)],
  ])('build() fails on %s', async (_, source) => {
    expect((await failure(source)).diagnostics).toHaveLength(1);
  });

  it.each([
    ['parentheses', `export default ${'('.repeat(20_000)}1${')'.repeat(20_000)};`],
    ['arrays', `require('./a');\nexport default ${'['.repeat(20_000)}${']'.repeat(20_000)};`],
    ['templates', `require('./a');\nexport default ${'`${'.repeat(5_000)}1${'}`'.repeat(5_000)};\nrequire('./a');`],
    ['blocks', `require('./a');\n${'{'.repeat(20_000)}${'}'.repeat(20_000)}\nrequire('./a');`],
    ['a regular expression', `const r = /${'('.repeat(5_000)}\\p{L}${')'.repeat(5_000)}/u;\nrequire('./a');`],
  ])('build() survives %s nested 5,000 deep and more', async (_, source) => {
    const { compiled } = await build(source);
    expect(compiled.code.length).toBeLessThan(10_000_000);
    expect(compiled.code.length).toBeGreaterThan(0);
  });
});

describe('life', () => {
  it('build() gives up on a source that the compiler cannot finish, and compiles the next', async () => {
    const impatient = createBuilder({ deadline: 1_500 });
    try {
      await impatient.warm();
      const endless = impatient.build({ name: 'endless', source: `${'a=>'.repeat(8_000)}1` });
      const next = impatient.build({ name: 'next', source: 'export default 1;' });
      await expect(endless).rejects.toMatchObject({
        code: 'BUILD_FAILED',
        message: expect.stringContaining('did not finish within 1500 ms'),
      });
      expect(evaluate(await next).default).toBe(1);
    } finally {
      await impatient.close();
    }
  });

  it('build() survives a source that kills the compiler, and compiles the next', async () => {
    const deep = failure(`${'{'.repeat(262_144)}${'}'.repeat(262_144)}`);
    const next = build('export default 1;');
    // On a slow machine its time is up before its stack is.
    expect((await deep).message).toMatch(/crashed on this source|did not finish/);
    expect(evaluate(await next).default).toBe(1);
  });

  it('build() rejects once the builder is closed; warm() does too', async () => {
    const closed = createBuilder();
    await closed.warm();
    await closed.close();
    await expect(closed.build({ name: 'late', source: '' })).rejects.toThrow('closed');
    await expect(closed.warm()).rejects.toThrow('closed');
  });

  it('close() lets the builds begun finish', async () => {
    const closing = createBuilder();
    const begun = closing.build({ name: 'begun', source: 'export default 1;' });
    await closing.close();
    expect((await begun).compiled.code).toContain('begun');
  });
});
