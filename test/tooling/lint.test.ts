import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

// A rule that is misspelt, or whose pattern matches nothing, would pass every file without a word.

interface Fixture {
  readonly path: string;
  readonly source: string;
  /** The rule that has to fire; undefined where the linter has to stay silent. */
  readonly rule: string | undefined;
}

const restrictedImport = 'eslint(no-restricted-imports)';
let counter = 0;

/** A file at its own path in `folder` that imports `specifier`. */
function importing(folder: string, specifier: string, rule: string | undefined): Fixture {
  return { path: `${folder}/import-${counter++}.ts`, source: `export { thing } from '${specifier}';\n`, rule };
}

const refused: readonly Fixture[] = [
  ...['koa', 'ws', 'esbuild', 'mongodb', 'express', '../../control/thing.ts', '../../worker/thing.ts', '../../main.ts'].map((specifier) =>
    importing('runtime/kernel/calls', specifier, restrictedImport),
  ),
  ...['../adapters/thing.ts', '../net/thing.ts', '../build/thing.ts', '../main.ts', '../../scripts/thing.mjs'].map((specifier) =>
    importing('runtime/kernel', specifier, restrictedImport),
  ),
  ...['../worker/thing.ts', '../worker/triggers/http/thing.ts', '../cli/thing.ts', '../main.ts'].map((specifier) =>
    importing('runtime/control', specifier, restrictedImport),
  ),
  importing('runtime/control/api', '../../worker/thing.ts', restrictedImport),
  ...['../../../worker/thing.ts', '../../host/thing.ts', '../../api/thing.ts', '../../console/thing.ts'].map((specifier) =>
    importing('runtime/control/app/workers', specifier, restrictedImport),
  ),
  ...['../control/thing.ts', '../control/api/thing.ts', '../build/thing.ts', '../cli/thing.ts', '../main.ts'].map((specifier) =>
    importing('runtime/worker', specifier, restrictedImport),
  ),
  importing('runtime/worker/triggers/http', '../../../control/thing.ts', restrictedImport),
  ...['internals', 'net', 'build'].flatMap((own) =>
    ['internals', 'net', 'build', 'adapters', 'control', 'worker', 'cli']
      .filter((other) => other !== own && !(own === 'build' && other === 'internals') && !(own === 'net' && other === 'internals'))
      .flatMap((other) => [
        importing(`runtime/${own}`, `../${other}/thing.ts`, restrictedImport),
        importing(`runtime/${own}/deep`, `../../${other}/thing.ts`, restrictedImport),
      ]),
  ),
  ...['../mongodb/thing.ts', '../../mongod/thing.ts', '../../../control/thing.ts', '../../../build/thing.ts', '../../../net/thing.ts'].map(
    (specifier) => importing('runtime/adapters/store/sqlite', specifier, restrictedImport),
  ),
  ...['ws', 'mongodb', '../runtime/kernel/thing.ts'].map((specifier) => importing('sdk', specifier, restrictedImport)),
  ...['../app/thing.ts', '../editor/thing.ts', '../../runtime/control/host/thing.ts', '../../scripts/thing.mjs'].map((specifier) =>
    importing('web/ui', specifier, restrictedImport),
  ),
  importing('web/editor', '../run/thing.ts', restrictedImport),
  importing('web/app', '../../runtime/kernel/functions/registry.ts', restrictedImport),
  {
    path: 'runtime/control/types.ts',
    source: "import type { Thing } from '../worker/thing.ts';\nexport const thing: Thing = 1;\n",
    rule: restrictedImport,
  },
  {
    path: 'runtime/worker/dynamic.ts',
    source: "export const thing = async (): Promise<unknown> => import('../control/thing.ts');\n",
    rule: restrictedImport,
  },
  {
    path: 'runtime/control/inline.ts',
    source: "export type Thing = import('../worker/thing.ts').Thing;\n",
    rule: 'typescript(consistent-type-imports)',
  },
  { path: 'runtime/control/one.ts', source: "import { two } from './two.ts';\nexport const one = () => two;\n", rule: 'import(no-cycle)' },
  { path: 'runtime/control/two.ts', source: "import { one } from './one.ts';\nexport const two = () => one;\n", rule: 'import(no-cycle)' },
  {
    path: 'runtime/control/floating.ts',
    source: 'export function start(work: () => Promise<void>): void {\n  work();\n}\n',
    rule: 'typescript(no-floating-promises)',
  },
  {
    path: 'runtime/control/misused.ts',
    source: 'export function start(work: () => Promise<void>): void {\n  setTimeout(work, 1);\n}\n',
    rule: 'typescript(no-misused-promises)',
  },
  { path: 'runtime/control/any.ts', source: 'export const anything: any = 1;\n', rule: 'typescript(no-explicit-any)' },
  { path: 'test/any.test.ts', source: 'export const anything: any = 1;\n', rule: 'typescript(no-explicit-any)' },
  {
    path: 'runtime/control/bang.ts',
    source: 'export const first = (list: number[]): number => list[0]!;\n',
    rule: 'typescript(no-non-null-assertion)',
  },
  {
    path: 'runtime/control/doubt.ts',
    source: 'export const text = (value: unknown): string => value as string;\n',
    rule: 'typescript(no-unsafe-type-assertion)',
  },
  { path: 'runtime/control/exit.ts', source: 'process.exit(1);\nexport {};\n', rule: 'eslint(no-restricted-properties)' },
  { path: 'runtime/worker/triggers/http/main.ts', source: 'process.exit(1);\nexport {};\n', rule: 'eslint(no-restricted-properties)' },
  { path: 'runtime/control/console.ts', source: 'console.log(1);\nexport {};\n', rule: 'eslint(no-console)' },
  { path: 'runtime/control/long.ts', source: 'export {};\n'.repeat(251), rule: 'eslint(max-lines)' },
  {
    path: 'runtime/control/long-function.ts',
    source: `export function long(list: number[]): void {\n${'  list.push(1);\n'.repeat(60)}}\n`,
    rule: 'eslint(max-lines-per-function)',
  },
  {
    path: 'runtime/control/wide.ts',
    source: 'export const sum = (a: number, b: number, c: number, d: number, e: number): number => a + b + c + d + e;\n',
    rule: 'eslint(max-params)',
  },
  {
    path: 'runtime/control/branches.ts',
    source: `export function branches(list: number[]): void {\n${'  if (list.length > 1) list.pop();\n'.repeat(20)}}\n`,
    rule: 'eslint(complexity)',
  },
];

const allowed: readonly Fixture[] = [
  ...['./name.ts', '../errors.ts', '../ports/logger.ts', '../../../sdk/context.ts', 'node:events'].map((specifier) =>
    importing('runtime/kernel/functions', specifier, undefined),
  ),
  ...['./api/thing.ts', '../kernel/thing.ts', '../net/thing.ts', '../adapters/thing.ts', '../build/thing.ts', 'koa'].map((specifier) =>
    importing('runtime/control', specifier, undefined),
  ),
  importing('runtime/control/api', '../app/thing.ts', undefined),
  importing('runtime/control/app/workers', '../publishing/thing.ts', undefined),
  ...['./triggers/thing.ts', '../kernel/thing.ts', '../net/thing.ts', '../internals/thing.ts', '../../sdk/context.ts', 'ws'].map(
    (specifier) => importing('runtime/worker', specifier, undefined),
  ),
  ...['../../../kernel/ports/thing.ts', './thing.ts', 'mongodb'].map((specifier) =>
    importing('runtime/adapters/store/sqlite', specifier, undefined),
  ),
  ...['./context.ts', 'node:http'].map((specifier) => importing('sdk', specifier, undefined)),
  ...['../ui/thing.ts', '../../runtime/kernel/functions/name.ts', '../../runtime/control/api/responses.ts'].map((specifier) =>
    importing('web/editor', specifier, undefined),
  ),
  { path: 'sdk/anything.ts', source: 'export type Anything = any;\n', rule: undefined },
  { path: 'runtime/main.ts', source: 'process.exit(1);\n', rule: undefined },
  { path: 'runtime/worker/process/worker-main.ts', source: 'process.exit(1);\n', rule: undefined },
  { path: 'scripts/leave.mjs', source: 'process.exit(1);\n', rule: undefined },
  {
    path: 'test/long.test.ts',
    source: `export function long(list: number[]): void {\n${'  list.push(1);\n'.repeat(100)}}\n`,
    rule: undefined,
  },
];

const Report = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

let root = '';
/** Codes of what was reported, by file. */
const reported = new Map<string, string[]>();

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-lint-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(file, join(root, file));
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  for (const { path, source } of [...refused, ...allowed]) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, source);
  }
  const linter = resolve('node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(process.execPath, [linter, '--format', 'json'], { cwd: root, encoding: 'utf8' });
  for (const { filename, code } of Report.parse(JSON.parse(stdout)).diagnostics) {
    reported.set(filename, [...(reported.get(filename) ?? []), code]);
  }
});

afterAll(() => rmSync(root, { recursive: true }));

describe('the linter', () => {
  it.each(refused)('refuses $path ($source) by $rule', ({ path, rule }) => {
    expect(reported.get(path)).toContain(rule);
  });

  it.each(allowed)('accepts $path ($source)', ({ path }) => {
    expect(reported.get(path) ?? []).toEqual([]);
  });
});
