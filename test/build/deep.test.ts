import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What is repeated, before and after what is in the middle. */
type Nest = readonly [open: string, close?: string, middle?: string];

// Every cycle of the grammar.
const nests: Record<string, Nest> = {
  arrays: ['[', ']'],
  parentheses: ['(', ')'],
  objects: ['x={a:', '}'],
  functions: ['x=function(){return ', '}'],
  'function declarations': ['function f(){', '}', ''],
  blocks: ['{', '}', ''],
  arrows: ['a=>'],
  'arrows with blocks': ['a=>{', '}'],
  'arrows with defaults': ['(a=', ')=>1'],
  'async arrows': ['async()=>'],
  templates: ['`${', '}`'],
  'tagged templates': ['a`${', '}`'],
  calls: ['f(', ')'],
  'calls of async': ['async(', ')'],
  spreads: ['f(...', ')'],
  indexes: ['a[', ']'],
  'optional indexes': ['a?.[', ']'],
  new: ['new '],
  'new with parentheses': ['new (', ')'],
  'new with arguments': ['new f(', ')'],
  negations: ['!'],
  typeof: ['typeof '],
  exponents: ['2**'],
  conditions: ['a?b:'],
  'conditions in conditions': ['a?', ':b'],
  assignments: ['a='],
  operators: ['a||b&&c*(', ')'],
  ifs: ['if(a)', '', ';'],
  whiles: ['while(a)', '', ';'],
  dos: ['do ', ' while(1);', ';'],
  fors: ['for(;;)', '', ';'],
  'for-ofs': ['for(a of b)', '', ';'],
  switches: ['switch(a){case 1:', '}', ''],
  tries: ['try{', '}finally{}', ''],
  catches: ['try{}catch{', '}', ''],
  'classes in methods': ['x=class{m(){return ', '}}'],
  'classes in fields': ['x=class{a=', '}'],
  'classes in static blocks': ['class A{static{', '}}', ''],
  'classes in names': ['x=class{[', ']=1}'],
  superclasses: ['(class extends ', '{})', 'A'],
  getters: ['x={get a(){return ', '}}'],
  'computed names': ['x={[', ']:1}'],
  'array patterns': ['[', ']=x', 'a'],
  'patterns with defaults': ['[a=', ']=1'],
  'object patterns': ['[{a:', '}]=x', 'a'],
};

const once: Record<string, string> = {
  sum: 'a+'.repeat(20_000) + '1',
  and: 'a&&'.repeat(20_000) + '1',
  'else if': 'if(a)b;else '.repeat(20_000) + ';',
  chain: 'a' + '.b()'.repeat(20_000),
  'optional chain': 'a' + '?.b'.repeat(20_000),
  sequence: 'a,'.repeat(20_000) + '1',
  names: `let ${Array.from({ length: 60_000 }, (_, n) => `v${n}`).join(',')};`,
  labels: Array.from({ length: 20_000 }, (_, n) => `l${n}:`).join('') + ';',
  'array binding': `let ${'['.repeat(20_000)}a${']'.repeat(20_000)}=x`,
  'object binding': `let ${'{a:'.repeat(20_000)}a${'}'.repeat(20_000)}=x`,
  rest: `let ${'[...'.repeat(20_000)}a${']'.repeat(20_000)}=x`,
  yield: `function*g(){${'yield '.repeat(20_000)}}`,
  await: `async function g(){${'await '.repeat(20_000)}1}`,
  'regular expression': `/${'('.repeat(100_000)}${')'.repeat(100_000)}/`,
  'private names': `class A{${Array.from({ length: 30_000 }, (_, n) => `#p${n}=1;`).join('')}}`,
};
const guardedOnes = ['sum', 'and', 'else if', 'chain', 'optional chain', 'sequence', 'names', 'regular expression', 'private names'];

const sourceOf = ([open, close = '', middle = '1']: Nest, times: number): string => open.repeat(times) + middle + close.repeat(times);

let folder: string;

// In a process of its own: what is tested here would end the one that it runs in.
const child = `
import { readFileSync } from 'node:fs';
import { instrument } from './instrument.ts';
import { parseCompiled } from './parser.ts';
const map = '{"version":3,"sources":[],"names":[],"mappings":""}';
const deep = (depth, work) => (depth === 0 ? work() : [deep(depth - 1, work)][0]);
const answer = {};
for (const [name, code] of Object.entries(JSON.parse(readFileSync(0, 'utf8'))))
  answer[name] = deep(1_000, () => parseCompiled(code) && instrument({ code, map }, parseCompiled(code), { guards: true, isModule: true })) !== undefined;
process.stdout.write(JSON.stringify(answer));
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-guards-'));
  const resolveDir = path.resolve(import.meta.dirname, '../../runtime/build');
  const { outputFiles } = await build({
    stdin: { contents: child, resolveDir },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  await writeFile(path.join(folder, 'child.mjs'), outputFiles[0]?.text ?? '');
});

afterAll(() => rm(folder, { recursive: true }));

/** Which of the sources a process can guard; throws when it dies of one. */
async function guardable(sources: Readonly<Record<string, string>>): Promise<string[]> {
  const run = promisify(execFile)(process.execPath, [path.join(folder, 'child.mjs')]);
  run.child.stdin?.end(JSON.stringify(sources));
  const answer: unknown = JSON.parse((await run).stdout);
  return Object.entries(Object(answer)).flatMap(([name, guarded]) => (guarded === true ? [name] : []));
}

const nested = (times: number): Record<string, string> =>
  Object.fromEntries(Object.entries(nests).map(([name, nest]) => [name, sourceOf(nest, times)]));

describe('instrument()', () => {
  it('guards what is nested as deep as people nest', async () => {
    expect((await guardable(nested(20))).toSorted()).toEqual(Object.keys(nests).toSorted());
  });

  it.each([300, 1_000, 20_000])('gives up on what is nested %i deep, and lives', async (times) => {
    expect(await guardable(nested(times))).toEqual([]);
  });

  it('guards what is long and flat, and gives up on the rest', async () => {
    expect((await guardable(once)).toSorted()).toEqual(guardedOnes.toSorted());
  });
});
