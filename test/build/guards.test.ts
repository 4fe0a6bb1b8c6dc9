import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../../runtime/build/builder.ts';
import { Stopped, call, codeOf, createGuard, evaluate, guarded, printed } from './guarded.ts';

let builder: Builder;

beforeAll(() => {
  builder = createBuilder();
});

afterAll(() => builder.close());

const emptyMap = '{"version":3,"sources":[],"names":[],"mappings":""}';

/** Code that is not printed by esbuild, with guards. */
const guardedText = (code: string): string => guarded({ code, map: emptyMap }).code;

describe('loops', () => {
  it.each([
    ['while', 'while(n<3)n++', 3],
    ['while with a block', 'while (n < 3) { n++; }', 3],
    ['while without a body', 'while(n++<2);', 3],
    ['do', 'do n++; while(n<3)', 3],
    ['do with a block', 'do{n++}while(n<3)', 3],
    ['do without a body', 'do;while(n++<2)', 3],
    ['do before a negation', 'do!n;while(n++<2)', 3],
    ['for', 'for(;n<3;)n++', 3],
    ['for with an arrow in its head', 'for(let f=()=>(n in{});n<3;n++)f()', 3],
    ['for-in', 'for(const k in{a:1,b:2})n+=k.length', 2],
    ['for-of', 'for(const v of[1,2])n+=v', 3],
    ['nested without blocks', 'for(const a of[1,2])for(const b of[1,2])while(n%5)n++;n+=1', 1],
    ['a labelled loop', 'a:for(const x of[1,2,3]){for(;;){if(x<2)continue a;if(x>2)break a;n+=x;continue a}}', 2],
    ['a label in a body', 'while(n<2)b:{n++;if(n)break b;n=9}', 2],
    ['if-else in a body', 'while(n<4)if(n%2)n+=1;else n+=3', 4],
    ['if without else in a body', 'while(n<4)if(n<9)n+=2', 4],
    ['a try in a body', 'while(n<4)try{n++;continue}finally{n++}', 4],
    ['a switch in a body', 'while(n<4)switch(n){case 1:n=4;break;default:n++;continue}', 4],
    ['a loop in an if', 'if(n)while(n)n--;else while(n<2)n++', 2],
    ['a loop that ends an if before else', 'if(n<1)while(n<2)if(n<9)n++;else n=7;else n=8', 2],
    ['an else that is the inner if’s', 'if(n<1)for(;n<1;n++)if(n>5)n=6;else n=1', 2],
  ])('instrument() watches %s and leaves what it does', (_, body, expected) => {
    const source = `exports.run=()=>{let n=0;${body};return n}`;
    const code = guardedText(source);
    expect(call(evaluate(source), 'run')).toBe(expected);
    expect(call(evaluate(code), 'run')).toBe(expected);
    // A call that returns lets the code go on; the last of them is the loop's.
    const asked = createGuard({ raised: true, patience: Infinity });
    expect(call(evaluate(code, asked), 'run')).toBe(expected);
    expect(asked.calls).toBeGreaterThan(1);
    const stopping = evaluate(code, createGuard({ raised: true, patience: asked.calls - 1 }));
    expect(() => call(stopping, 'run')).toThrow(Stopped);
  });

  it('instrument() watches for await', async () => {
    const source = 'exports.run=async()=>{let n=0;for await(const v of[1,Promise.resolve(2)])n+=v;return n}';
    expect(await call(evaluate(guardedText(source)), 'run')).toBe(3);
    const stopping = evaluate(guardedText(source), createGuard({ raised: true, patience: 1 }));
    await expect(call(stopping, 'run')).rejects.toThrow(Stopped);
  });

  it.each(['for(;;);', 'while(true)x++;', 'do;while(1)', 'for(;;)try{for(;;);}catch{}', 'a:for(;;){for(;;)continue a}'])(
    'instrument() ends %s once the flag is up',
    (loop) => {
      const stopping = evaluate(guardedText(`let x=0;exports.run=()=>{${loop}}`), createGuard({ raised: true, patience: 50 }));
      expect(() => call(stopping, 'run')).toThrow(Stopped);
    },
  );

  it('instrument() knows methods that are named as loops are', () => {
    const source = 'exports.run=()=>{const o={for(){return 1},while:()=>2,do:3};return o.for()+o.while()+o.do}';
    expect(call(evaluate(guardedText(source)), 'run')).toBe(6);
    expect(guardedText(source)).not.toContain('else');
  });
});

describe('functions', () => {
  it.each([
    ['a declaration', 'function f(){return 5}exports.run=f'],
    ['an empty function', 'exports.run=function(){};'],
    ['a directive', 'exports.run=function(){"use strict";return this===undefined}'],
    ['a directive that ends with its line', "exports.run=function(){'use strict'\nreturn this===undefined}"],
    ['directives and nothing else', "exports.run=function(){'use strict';'b'}"],
    ['a text that is no directive', "exports.run=function(){('use strict');return this===globalThis}"],
    ['an arrow with an expression', 'exports.run=()=>5'],
    ['an arrow with an object', 'exports.run=()=>({a:1})'],
    ['an arrow with a sequence', 'exports.run=()=>(1,2)'],
    ['arrows of arrows', 'exports.run=()=>(a=>b=>c=>a+b+c)(1)(2)(3)'],
    ['arrows in parentheses', 'exports.run=()=>((a=>(b=>((a+b)))))(1)(2)'],
    ['an arrow before another thing', 'exports.run=()=>[1,2].map(x=>x*2,7).concat((()=>1)(),9)'],
    ['an arrow with a default', 'exports.run=(a=()=>4,{b}={b:x=>x+1})=>a()+b(1)'],
    ['a getter and a setter', 'exports.run=()=>{const o={get a(){return this.b},set a(v){this.b=v}};o.a=3;return o.a}'],
    [
      'a class',
      'exports.run=()=>{class A{constructor(){this.a=1}static s(){return 2}#p(){return 3}q(){return this.#p()}};return new A().q()+A.s()}',
    ],
    [
      'super()',
      'exports.run=()=>{class A{x=1}class B extends A{constructor(){super();this.y=2}m(){return super.toString()}}return Object.keys(new B)}',
    ],
    ['a static block', 'exports.run=()=>{class A{static{let n=0;while(n<3)n++;this.n=n}}return A.n}'],
    ['a generator', 'exports.run=()=>[...function*(){let i=0;while(i<3)yield i++;yield*[7]}()]'],
    ['new.target', 'exports.run=()=>new function(){this.t=new.target!==undefined}().t'],
    ['arguments', 'exports.run=()=>(function(){return(()=>arguments.length)()})(1,2)'],
    ['a name of its own', 'exports.run=()=>{const f=()=>1;const g=function(){};return f.name+g.name}'],
    ['a tagged template', 'exports.run=()=>((s,...v)=>s.raw.join()+v)`a${(()=>1)()}b${2}`'],
    ['this', 'exports.run=()=>({v:4,m(){return(()=>this.v)()}}).m()'],
    ['a regular expression', 'exports.run=()=>"a/b".split(/[/]/).map(x=>/b/.test(x)/1)'],
    ['optional chains', 'exports.run=()=>((o)=>o?.a?.(()=>1)??(()=>2)())({a:f=>f()})'],
  ])('instrument() watches %s and leaves what it does', (_, source) => {
    const code = guardedText(source);
    const expected = call(evaluate(source), 'run');
    const asked = createGuard({ raised: true, patience: Infinity });
    expect(call(evaluate(code), 'run')).toEqual(expected);
    expect(call(evaluate(code, asked), 'run')).toEqual(expected);
    expect(asked.calls).toBeGreaterThan(0);
    expect(() => call(evaluate(code, createGuard({ raised: true, patience: asked.calls - 1 })), 'run')).toThrow(Stopped);
  });

  it('instrument() makes async functions reject', async () => {
    const { guarded: result } = printed('exports.block=async()=>{await 1;return 2};exports.expression=async()=>await 3');
    expect(await Promise.all(['block', 'expression'].map((name) => call(evaluate(result.code), name)))).toEqual([2, 3]);
    const stopping = evaluate(result.code, createGuard({ raised: true }));
    await expect(call(stopping, 'block')).rejects.toThrow(Stopped);
    await expect(call(stopping, 'expression')).rejects.toThrow(Stopped);
  });

  it('instrument() ends recursion that would take for ever', () => {
    const guard = createGuard();
    const exports = evaluate(
      guardedText('function f(n){if(n===170)up();return n<1?1:f(n-1)+f(n-1)}let up;exports.run=(u)=>{up=u;f(200)}'),
      guard,
    );
    expect(() => call(exports, 'run', () => guard.flags.fill(1))).toThrow(Stopped);
  });
});

describe('whole packages', () => {
  const require = createRequire(import.meta.url);
  const pathOf = (file: string): string => fileURLToPath(new URL(`../../node_modules/${file}`, import.meta.url));
  const transform = (path: string, minify = false): ReturnType<typeof printed> => printed(readFileSync(path, 'utf8'), minify);

  it.each([false, true])('instrument() leaves a parser doing what it did (minified: %s)', (minify) => {
    const { plain, guarded: result } = transform(require.resolve('acorn'), minify);
    const options = { ecmaVersion: 'latest' };
    const tree = JSON.stringify(call(evaluate(plain.code), 'parse', plain.code, options));
    expect(JSON.stringify(call(evaluate(result.code), 'parse', plain.code, options))).toBe(tree);
    expect(result.code.split('\n')).toHaveLength(plain.code.split('\n').length);
  });

  it.each(['express/lib/utils.js', 'ws/lib/websocket.js', 'ws/lib/receiver.js', 'xml2js/lib/parser.js', 'xml2js/lib/builder.js'])(
    'instrument() leaves %s doing what it did',
    (file) => {
      const path = pathOf(file);
      const { plain, guarded: result } = transform(path);
      const names = Reflect.ownKeys(evaluate(plain.code, createGuard(), path));
      expect(Reflect.ownKeys(evaluate(result.code, createGuard(), path))).toEqual(names);
      expect(result.code.split('__hearth_s()').length).toBeGreaterThan(plain.code.split(/\b(?:function|for|while)\b/).length / 2);
      expect(result.code.split('\n')).toHaveLength(plain.code.split('\n').length);
    },
  );
});

describe('build()', () => {
  it('guards TypeScript; its code is strict still, and its imports have their places', async () => {
    const source = "import { a } from './a';\nimport b from './b';\nexport default () => { for (;;) { undeclared = a + b; } };";
    const build = await builder.build({ name: 'probe', source });
    expect(build.warnings).toEqual([]);
    expect(build.compiled.code).toMatch(/^"use strict";\n/);
    expect(build.compiled.code).toContain('for (; ; ) if(__hearth_f[0]&&__hearth_s());else {');
    expect(build.imports.map(({ specifier, place }) => [specifier, place.line, place.column])).toEqual([
      ['./a', 1, 19],
      ['./b', 2, 15],
    ]);
  });

  it('leaves the code as it is without guards, under another tag', async () => {
    const plain = createBuilder({ guards: false });
    try {
      expect(await codeOf(plain, 'export default () => { for (;;); };')).not.toContain('__hearth_');
      expect(plain.tag).not.toBe(builder.tag);
      expect(builder.tag.startsWith(plain.tag)).toBe(true);
    } finally {
      await plain.close();
    }
  });

  it('leaves `with` unguarded, and knows its imports', async () => {
    const source = "exports.main = (o) => { with (o) return import('./later'); };\nrequire('./now');";
    const { compiled, imports } = await builder.build({ name: 'probe', source });
    expect(compiled.code).toContain('__hearth_import("./later")');
    expect(imports.map(({ specifier }) => specifier)).toEqual(['./now']);
  });

  it.each([
    ['a name that begins so', 'const __hearth_f = 1; export default () => { for (;;) __hearth_f; };', 'begins with "__hearth_"'],
    ['nesting that is too deep', `export default ${'['.repeat(1_000)}() => { for (;;); }${']'.repeat(1_000)};`, 'nested too deep'],
    ['with', 'exports.main = (o) => { with (o) for (;;); };', 'uses `with`'],
  ])('warns of %s, and leaves the code as it is', async (_, source, reason) => {
    const { compiled, warnings } = await builder.build({ name: 'probe', source });
    expect(warnings).toMatchObject([{ function: 'probe', line: 1, column: 1, message: expect.stringContaining(reason) }]);
    expect(compiled.code).not.toContain('__hearth_s');
  });
});
